// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "format/format.h"
#include "format/segment_cache.h"
#include "rootfs/kernel.h"

namespace coracle {

/// The kernel as a file of its own, kept in the cache.
Segment kernel_binary(const Kernel& kernel, SegmentCache& cache);

/// The version text in an x86 bzImage ("6.12.41+deb13-cloud-amd64 (...) #1 ..."), see Linux
/// Documentation/arch/x86/boot.rst, kernel_version; nullopt for anything else. `head` is the first
/// 64 KiB of the file.
std::optional<std::string> bzimage_version(std::string_view head);

/// What unpacks fastest of what this kernel can unpack: by its configuration, in the image or in
/// the kernel, else by its version.
InitrdCompression best_initrd_compression(const Kernel& kernel, SegmentCache& cache);

/// What a squashfs for this kernel is to be compressed with: zstd where the kernel is Debian's or
/// its own configuration says that it can be read, else gzip.
Compression squashfs_compression(const Kernel& kernel, SegmentCache& cache);

/// Whether this kernel reads an EROFS that is compressed in clusters of many blocks: not
/// before 5.13, and not where its own configuration says so.
bool reads_packed_erofs(const Kernel& kernel, SegmentCache& cache);

} // namespace coracle
