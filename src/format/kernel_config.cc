// SPDX-License-Identifier: Apache-2.0
#include "format/kernel_config.h"

#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "io/memory.h"

namespace coracle {

namespace {

// Linux kernel/configs.c and init/version-timestamp.c.
constexpr std::string_view config_begin = "IKCFG_ST";
constexpr std::string_view config_end = "IKCFG_ED";
constexpr std::string_view banner = "Linux version ";
constexpr size_t block_size = 1 << 20;
constexpr size_t overlap = 256;
constexpr size_t max_config = 4 << 20;

std::optional<std::string> version_in(std::string_view text) {
    for (size_t at = text.find(banner); at != text.npos; at = text.find(banner, at + 1)) {
        auto rest = text.substr(at + banner.size(), 128);
        // The format string of the banner has a % there.
        size_t end = rest.find_first_of(std::string_view(" \0", 2));
        if (end != rest.npos && rest[0] >= '0' && rest[0] <= '9')
            return std::string(rest.substr(0, end));
    }
    return std::nullopt;
}

/// `packed` begins behind the mark; what is missing of it comes from `rest`.
std::optional<std::string> unpack_config(std::string packed, Source& rest) {
    size_t end = packed.find(config_end);
    while (end == packed.npos && packed.size() < max_config) {
        size_t had = packed.size();
        packed.resize(had + block_size);
        packed.resize(had + read_full(rest, std::span(packed).subspan(had)));
        if (packed.size() == had)
            return std::nullopt;
        end = packed.find(config_end, had - std::min(had, config_end.size()));
    }
    if (end == packed.npos)
        return std::nullopt;
    packed.resize(end);
    MemorySource source(packed);
    return read_all(*make_decompressor(source, Compression::gzip), max_config);
}

bool has(std::string_view config, std::string_view line) {
    size_t at = config.find(line);
    return at != config.npos && (at == 0 || config[at - 1] == '\n');
}

} // namespace

KernelText read_kernel_text(Source& unpacked) {
    KernelText found;
    std::string window;
    for (;;) {
        size_t kept = window.size();
        window.resize(kept + block_size);
        size_t count = read_full(unpacked, std::span(window).subspan(kept));
        window.resize(kept + count);
        if (!found.version)
            found.version = version_in(window);
        if (size_t at = window.find(config_begin); at != window.npos) {
            found.config = unpack_config(window.substr(at + config_begin.size()), unpacked);
            return found;
        }
        if (count == 0)
            return found;
        window.erase(0, window.size() - std::min(window.size(), overlap));
    }
}

std::optional<Compression> initrd_compression_by_config(std::string_view config) {
    if (!has(config, "CONFIG_BLK_DEV_INITRD=y"))
        return std::nullopt;
    constexpr std::pair<std::string_view, Compression> fastest_first[] = {
        {"CONFIG_RD_ZSTD=y", Compression::zstd},
        {"CONFIG_RD_GZIP=y", Compression::gzip},
        {"CONFIG_RD_XZ=y", Compression::xz},
    };
    for (const auto& [line, compression] : fastest_first)
        if (has(config, line))
            return compression;
    return Compression::none;
}

Compression initrd_compression_by_version(std::string_view version) {
    auto parts = split(version.substr(0, version.find_first_not_of("0123456789.")), '.');
    auto major = parse_number(parts[0]).value_or(0);
    auto minor = parts.size() > 1 ? parse_number(parts[1]).value_or(0) : 0;
    return major > 5 || (major == 5 && minor >= 9) ? Compression::zstd : Compression::gzip;
}

} // namespace coracle
