// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io/compress.h"
#include "io/source.h"

namespace coracle {

/// What an unpacked kernel says of itself.
struct KernelText {
    std::optional<std::string> version; ///< "6.12.41+deb13-cloud-amd64"
    std::optional<std::string> config;  ///< its configuration, where CONFIG_IKCONFIG put it in
};

/// Looks for both, in bounded memory; stops when it has the configuration.
KernelText read_kernel_text(Source& unpacked);

/// What unpacks fastest of what a kernel can unpack, from its configuration; nullopt when `config`
/// is not the configuration of a kernel with initial ram disks.
std::optional<Compression> initrd_compression_by_config(std::string_view config);

/// The same from its version: zstd from 5.9 on, where it is there unless left out, else gzip.
Compression initrd_compression_by_version(std::string_view version);

} // namespace coracle
