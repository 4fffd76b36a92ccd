// SPDX-License-Identifier: Apache-2.0
#include "format/kernel_facts.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/on_disk.h"
#include "base/text.h"
#include "format/kernel_config.h"
#include "io/file_io.h"
#include "rootfs/kernel_payload.h"
#include "rootfs/key.h"

namespace coracle {

Segment kernel_binary(const Kernel& kernel, SegmentCache& cache) {
    KeyBuilder key("kernel");
    key.add(kernel.image().descriptor.digest.str()).add(kernel.spec().binary_name());
    key.add(kernel.unpack() ? 1 : 0);
    std::string name = key.hex();
    return cache.obtain(name, [&] {
        SegmentFile file = cache.create();
        kernel.with_kernel([&](const Entry&, Source& content) { copy(content, file); });
        file.finish();
        uint64_t size = file.size();
        return cache.keep(name, std::move(file), size, 1);
    });
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

std::optional<std::string> version_of(const Segment& binary) {
    char head[64 << 10];
    FileSource source(binary.file.get(), "kernel", 0, binary.facts.size);
    return bzimage_version({head, read_full(source, head)});
}

/// Debian's kernels do not have their configuration in them, but it is known.
bool is_debian(const std::optional<std::string>& version) {
    return version && version->find("@lists.debian.org") != version->npos;
}

KernelText find_text(const Kernel& kernel, const Segment& binary) {
    auto config = kernel.config();
    if (config && initrd_compression_by_config(*config))
        return {version_of(binary), std::move(config)};
    try {
        FileSource source(binary.file.get(), "kernel", 0, binary.facts.size);
        return read_kernel_text(*make_kernel_unpacker(source));
    } catch (const Error&) {
        return {}; // packed as only its own loader understands: it need not tell us anything
    }
}

/// Version and configuration, from the image or from the kernel itself.
KernelText text_of(const Kernel& kernel, const Segment& binary, SegmentCache& cache) {
    KeyBuilder key("text of a kernel");
    key.add(kernel.image().descriptor.digest.str()).add(kernel.spec().binary_name());
    std::string kept = cache.remember(key.hex(), [&] {
        KernelText text = find_text(kernel, binary);
        return text.version.value_or("") + "\n" + text.config.value_or("");
    });
    auto end = std::min(kept.find('\n'), kept.size() - 1);
    return {kept.substr(0, end), kept.substr(end + 1)};
}

bool enables(const std::string& config, std::string_view option) {
    return config.find(fmt::format("\n{}=", option)) != config.npos;
}

} // namespace

InitrdCompression best_initrd_compression(const Kernel& kernel, SegmentCache& cache) {
    Segment binary = kernel_binary(kernel, cache);
    auto version = version_of(binary);
    if (is_debian(version))
        return {initrd_compression_by_version(*version), 0};
    KernelText text = text_of(kernel, binary, cache);
    auto by_config = initrd_compression_by_config(text.config.value_or(""));
    auto by_version = [&] {
        return initrd_compression_by_version(version ? *version : text.version.value_or(""));
    };
    return {by_config ? *by_config : by_version(), 0};
}

Compression squashfs_compression(const Kernel& kernel, SegmentCache& cache) {
    Segment binary = kernel_binary(kernel, cache);
    bool zstd = is_debian(version_of(binary)) ||
                enables(text_of(kernel, binary, cache).config.value_or(""), "CONFIG_SQUASHFS_ZSTD");
    return zstd ? Compression::zstd : Compression::gzip;
}

bool reads_packed_erofs(const Kernel& kernel, SegmentCache& cache) {
    Segment binary = kernel_binary(kernel, cache);
    auto version = version_of(binary);
    if (version && !at_least(*version, 5, 13))
        return false;
    if (is_debian(version))
        return true;
    std::string config = text_of(kernel, binary, cache).config.value_or("");
    return config.empty() || enables(config, "CONFIG_EROFS_FS_ZIP");
}

} // namespace coracle
