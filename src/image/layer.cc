// SPDX-License-Identifier: Apache-2.0
#include "image/layer.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "oci/media_types.h"

namespace coracle {

namespace {

/// Gives back what was read ahead, then the rest.
class PeekedSource : public Source {
public:
    explicit PeekedSource(Source& inner) : inner_(inner) { size_ = read_full(inner_, head_); }

    std::string_view head() const { return {head_, size_}; }

    size_t read(std::span<char> buffer) override {
        if (at_ == size_)
            return inner_.read(buffer);
        size_t count = std::min(buffer.size(), size_ - at_);
        std::memcpy(buffer.data(), head_ + at_, count);
        at_ += count;
        return count;
    }

private:
    Source& inner_;
    char head_[6] = {};
    size_t size_ = 0;
    size_t at_ = 0;
};

} // namespace

Layer::Layer(const Store& store, const Descriptor& descriptor, LayerLimits limits)
    : name_(descriptor.digest.str()) {
    // Foreign layers and what is no layer at all are refused by their type.
    static_cast<void>(compression_of_layer(descriptor.media_type));
    blob_ = store.read(descriptor);
    auto peeked = std::make_unique<PeekedSource>(*blob_);
    plain_ = make_decompressor(*peeked, detect_compression(peeked->head()));
    peeked_ = std::move(peeked);
    limited_ = std::make_unique<LimitedSource>(*plain_, limits.unpacked_bytes, "the layer");
    tar_ = std::make_unique<TarReader>(*limited_, limits.tar);
}

std::optional<Entry> Layer::next() {
    return within([&] { return fmt::format("while reading layer {}", name_); },
                  [&] { return tar_->next(); });
}

} // namespace coracle
