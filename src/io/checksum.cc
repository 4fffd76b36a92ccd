// SPDX-License-Identifier: Apache-2.0
#include "io/checksum.h"

#include <new>

#include <xxhash.h>

#include "base/text.h"

namespace coracle {

struct Checksum::State {
    XXH3_state_t* xxh = XXH3_createState();
    ~State() { XXH3_freeState(xxh); }
};

Checksum::Checksum() : state_(std::make_unique<State>()) {
    if (state_->xxh == nullptr)
        throw std::bad_alloc();
    ::XXH3_128bits_reset(state_->xxh);
}

Checksum::~Checksum() = default;
Checksum::Checksum(Checksum&&) noexcept = default;

Checksum& Checksum::update(std::string_view data) {
    ::XXH3_128bits_update(state_->xxh, data.data(), data.size());
    return *this;
}

std::string Checksum::hex() const {
    XXH128_canonical_t canonical;
    ::XXH128_canonicalFromHash(&canonical, ::XXH3_128bits_digest(state_->xxh));
    return to_hex({reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest});
}

} // namespace coracle
