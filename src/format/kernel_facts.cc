// SPDX-License-Identifier: Apache-2.0
#include "format/kernel_facts.h"

#include <algorithm>
#include <cstring>

#include "base/on_disk.h"
#include "base/text.h"
#include "io/file_io.h"
#include "rootfs/key.h"

namespace coracle {

Segment kernel_binary(const Kernel& kernel, SegmentCache& cache) {
    KeyBuilder key("kernel");
    key.add(kernel.image().descriptor.digest.str()).add(kernel.spec().binary_name());
    key.add(kernel.unpack() ? 1 : 0);
    std::string name = key.hex();
    if (auto found = cache.find(name))
        return std::move(*found);
    SegmentFile file = cache.create();
    kernel.with_kernel([&](const Entry&, Source& content) { copy(content, file); });
    file.finish();
    uint64_t size = file.size();
    return cache.keep(name, std::move(file), size, 1);
}

std::optional<std::string> bzimage_version(std::string_view head) {
    constexpr size_t magic_at = 0x202;
    constexpr size_t version_at = 0x20e;
    if (head.size() < 0x210 || head.substr(magic_at, 4) != "HdrS")
        return std::nullopt;
    Le<uint16_t> pointer;
    std::memcpy(&pointer, head.data() + version_at, sizeof pointer);
    size_t at = size_t{pointer} + 0x200;
    if (at >= head.size())
        return std::nullopt;
    auto text = head.substr(at, 256);
    return std::string(text.substr(0, text.find('\0')));
}

namespace {

bool at_least(std::string_view version, uint64_t major, uint64_t minor) {
    auto parts = split(version.substr(0, version.find_first_not_of("0123456789.")), '.');
    auto first = parse_number(parts[0]);
    auto second = parts.size() > 1 ? parse_number(parts[1]) : 0;
    return first && (*first > major || (*first == major && second.value_or(0) >= minor));
}

} // namespace

InitrdCompression best_initrd_compression(const Kernel& kernel, SegmentCache& cache) {
    Segment binary = kernel_binary(kernel, cache);
    char head[64 << 10];
    FileSource source(binary.file.get(), "kernel", 0, binary.facts.size);
    auto version = bzimage_version({head, read_full(source, head)});
    if (version && at_least(*version, 5, 9))
        return {Compression::zstd, 0};
    return {Compression::gzip, 0};
}

} // namespace coracle
