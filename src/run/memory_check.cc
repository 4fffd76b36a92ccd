// SPDX-License-Identifier: Apache-2.0
#include "run/memory_check.h"

#include <algorithm>
#include <vector>

#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "io/compress.h"
#include "io/file_io.h"

namespace coracle {

namespace {

constexpr uint64_t mib = 1 << 20;
/// What Linux 6.12 itself takes on a small machine, and a little for PID 1 to start in.
constexpr uint64_t kernel_needs = 64 * mib;
/// No compression in use gets a root file system smaller than this part.
constexpr uint64_t most_ratio = 12;

uint64_t size_of(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        throw Error::system(errno, fmt::format("read '{}'", path));
    return static_cast<uint64_t>(status.st_size);
}

constexpr uint64_t round_up(uint64_t value, uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

/// Reads with one place of look-ahead, so that what begins next can be seen before it is read.
class Lookahead : public Source {
public:
    explicit Lookahead(Source& inner) : inner_(inner), head_(32 << 10) {}

    /// The next bytes, at least six of them unless the end is near.
    std::string_view peek() {
        while (end_ - begin_ < 6) {
            std::copy(head_.begin() + static_cast<std::ptrdiff_t>(begin_),
                      head_.begin() + static_cast<std::ptrdiff_t>(end_), head_.begin());
            end_ -= std::exchange(begin_, 0);
            size_t count = inner_.read(std::span(head_).subspan(end_));
            if (count == 0)
                break;
            end_ += count;
        }
        return {head_.data() + begin_, end_ - begin_};
    }
    size_t read(std::span<char> buffer) override {
        if (begin_ == end_)
            peek();
        size_t count = std::min(buffer.size(), end_ - begin_);
        std::copy_n(head_.data() + begin_, count, buffer.data());
        begin_ += count;
        return count;
    }

private:
    Source& inner_;
    std::vector<char> head_;
    size_t begin_ = 0;
    size_t end_ = 0;
};

/// Reads one entry of a plain newc archive; returns its size in the archive.
uint64_t skip_cpio_entry(Source& source) {
    constexpr size_t header_size = 110;
    char header[header_size];
    read_exactly(source, header, "the initrd");
    auto field = [&](size_t index) {
        return parse_number({header + 6 + 8 * index, 8}, 16).value_or(0);
    };
    uint64_t name = field(11), content = field(6);
    uint64_t rest = round_up(header_size + name, 4) - header_size + round_up(content, 4);
    if (skip(source, rest) != rest)
        throw Error("the initrd is truncated");
    return header_size + rest;
}

} // namespace

std::optional<InitrdSize> measure_initrd(const std::string& path) {
    FileSource file(path);
    Lookahead source(file);
    InitrdSize size{size_of(path), 0};
    for (auto head = source.peek(); !head.empty(); head = source.peek()) {
        if (head[0] == '\0') {
            skip(source, 1);
        } else if (head.starts_with("07070")) {
            size.unpacked += skip_cpio_entry(source);
        } else {
            auto compression = detect_compression(head);
            if (compression == Compression::none)
                return std::nullopt;
            auto unpacked = make_decompressor(source, compression);
            size.unpacked += skip(*unpacked);
        }
    }
    return size;
}

uint64_t memory_needed(const InitrdSize& size, std::string_view cmdline) {
    bool limited = true;
    for (const auto& word : split(cmdline, ' '))
        if (word.starts_with("root=") ||
            (word.starts_with("rootfstype=") && word.find("tmpfs") == std::string::npos))
            limited = false;
    uint64_t root = limited ? 2 * size.unpacked : size.unpacked;
    return round_up(kernel_needs + size.packed + root, mib);
}

void check_memory(uint64_t memory, const std::string& initrd, std::string_view cmdline) {
    uint64_t packed = size_of(initrd);
    // The usual machine is so large that there is no need to look.
    if (memory >= kernel_needs + packed + 2 * most_ratio * packed)
        return;
    auto size = measure_initrd(initrd);
    if (!size)
        return;
    uint64_t needed = memory_needed(*size, cmdline);
    if (memory < needed)
        throw Error("{} is too little memory: '{}' needs {} (it has {}, unpacked {})",
                    human_size(memory), initrd, human_size(needed), human_size(size->packed),
                    human_size(size->unpacked))
            .hint(fmt::format("--mem {}", round_up(needed, 16 * mib) / mib));
}

} // namespace coracle
