// SPDX-License-Identifier: Apache-2.0
#include "rootfs/kernel_payload.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/error.h"
#include "base/on_disk.h"
#include "io/codecs.h"
#include "io/compress.h"

namespace coracle {

namespace {

constexpr size_t head_size = 1024;
constexpr uint64_t max_unpacked = 1 << 30;

template <class T>
T value_at(std::string_view head, size_t offset) {
    Le<T> value;
    if (offset + sizeof value > head.size())
        return 0;
    std::memcpy(&value, head.data() + offset, sizeof value);
    return value;
}

/// Part of a source, from the first bytes on, which were read ahead.
class Slice : public Source {
public:
    Slice(std::string head, Source& rest) : head_(std::move(head)), rest_(rest) {}

    const std::string& head() const { return head_; }
    /// `offset` lies within the head.
    void cut(uint64_t offset, uint64_t length) {
        at_ = static_cast<size_t>(offset);
        left_ = length;
    }
    size_t read(std::span<char> buffer) override {
        auto want = static_cast<size_t>(std::min<uint64_t>(buffer.size(), left_));
        if (want == 0)
            return 0;
        size_t count = std::min(want, head_.size() - at_);
        if (count == 0)
            count = rest_.read(buffer.first(want));
        else
            std::memcpy(buffer.data(), head_.data() + at_, count);
        at_ = std::min(head_.size(), at_ + count);
        left_ -= count;
        return count;
    }

private:
    std::string head_;
    Source& rest_;
    size_t at_ = 0;
    uint64_t left_ = UINT64_MAX;
};

struct Payload {
    uint64_t offset = 0;
    uint64_t length = UINT64_MAX;
    bool packed = false; ///< the file says that the payload is compressed
};

Payload find_payload(std::string_view head) {
    using namespace std::string_view_literals;
    if (head.size() > 0x250 && head.substr(0x202, 4) == "HdrS" &&
        value_at<uint16_t>(head, 0x206) >= 0x0208) {
        uint64_t setup = value_at<uint8_t>(head, 0x1f1);
        setup = (setup == 0 ? 4 : setup) + 1;
        return {setup * 512 + value_at<uint32_t>(head, 0x248), value_at<uint32_t>(head, 0x24c),
                true};
    }
    if (head.substr(0, 8) == "MZ\0\0zimg"sv)
        return {value_at<uint32_t>(head, 8), value_at<uint32_t>(head, 12), true};
    return {};
}

/// Unpacks the payload of a kernel whose first bytes were read ahead.
class Unpacker : public Source {
public:
    Unpacker(std::string head, Source& kernel, const Payload& payload)
        : slice_(std::move(head), kernel) {
        using namespace std::string_view_literals;
        std::string magic = slice_.head().substr(static_cast<size_t>(payload.offset), 8);
        Compression kind = detect_compression(magic);
        bool lz4 = magic.starts_with("\x02\x21\x4c\x18"sv);
        if (payload.packed && kind == Compression::none && !lz4)
            throw Error("the kernel is compressed in a way that is not known")
                .hint("gzip, xz, zstd or lz4");
        // Behind all but gzip stands the unpacked size, in four bytes.
        bool sized = payload.packed && kind != Compression::gzip && payload.length >= 4;
        slice_.cut(payload.offset, sized ? payload.length - 4 : payload.length);
        plain_ = lz4 ? make_unlz4(slice_) : make_decompressor(slice_, kind);
        limited_ = std::make_unique<LimitedSource>(*plain_, max_unpacked, "the kernel");
    }
    size_t read(std::span<char> buffer) override { return limited_->read(buffer); }

private:
    Slice slice_;
    std::unique_ptr<Source> plain_;
    std::unique_ptr<Source> limited_;
};

} // namespace

std::unique_ptr<Source> make_kernel_unpacker(Source& kernel) {
    std::string head(head_size, '\0');
    head.resize(read_full(kernel, head));
    Payload payload = find_payload(head);
    if (payload.packed && payload.offset + 8 > head.size()) {
        // The payload's own first bytes tell how it is packed: read on as far as there.
        size_t had = head.size();
        head.resize(static_cast<size_t>(std::min<uint64_t>(payload.offset + 8, 1 << 20)));
        head.resize(had + read_full(kernel, std::span(head).subspan(had)));
        if (head.size() < payload.offset + 8)
            throw Error("the kernel is truncated");
    }
    return std::make_unique<Unpacker>(std::move(head), kernel, payload);
}

} // namespace coracle
