// SPDX-License-Identifier: Apache-2.0
#include <lz4.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/on_disk.h"
#include "io/codecs.h"

namespace coracle {

namespace {

constexpr uint32_t legacy_magic = 0x184c2102;
constexpr size_t block_size = 8 << 20;

class Unlz4 : public Source {
public:
    explicit Unlz4(Source& inner) : inner_(inner), plain_(block_size) {
        if (next_number() != legacy_magic)
            throw Error("the lz4 stream has no legacy frame");
    }

    size_t read(std::span<char> buffer) override {
        if (at_ == size_ && !next_block())
            return 0;
        size_t count = std::min(buffer.size(), size_ - at_);
        std::memcpy(buffer.data(), plain_.data() + at_, count);
        at_ += count;
        return count;
    }

private:
    /// The next four bytes; nullopt at the end.
    std::optional<uint32_t> next_number() {
        Le<uint32_t> value;
        size_t got = read_full(inner_, {reinterpret_cast<char*>(&value), sizeof value});
        if (got != 0 && got != sizeof value)
            throw Error("the lz4 stream is truncated");
        return got == 0 ? std::nullopt : std::optional<uint32_t>(value);
    }

    bool next_block() {
        auto packed_size = next_number();
        if (packed_size == legacy_magic) // another frame
            packed_size = next_number();
        if (!packed_size)
            return false;
        if (*packed_size > static_cast<size_t>(LZ4_COMPRESSBOUND(block_size)))
            throw Error("the lz4 stream is damaged");
        packed_.resize(*packed_size);
        read_exactly(inner_, packed_, "the lz4 stream");
        int size = ::LZ4_decompress_safe(packed_.data(), plain_.data(),
                                         static_cast<int>(packed_.size()), block_size);
        if (size <= 0)
            throw Error("the lz4 stream is damaged");
        at_ = 0;
        size_ = static_cast<size_t>(size);
        return true;
    }

    Source& inner_;
    std::vector<char> packed_;
    std::vector<char> plain_;
    size_t at_ = 0;
    size_t size_ = 0;
};

} // namespace

std::unique_ptr<Source> make_unlz4(Source& source) { return std::make_unique<Unlz4>(source); }

} // namespace coracle
