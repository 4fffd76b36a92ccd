// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "filesystem/image.h"

namespace coracle {

/// A program that firmware starts from an ISO (El Torito 1.0, "no emulation").
struct IsoBoot {
    enum class Kind { none, bios, uefi };
    Kind kind = Kind::none;
    /// The file in the tree: isolinux.bin for a BIOS, an EFI system partition for UEFI.
    TreePath file = {};
    /// BIOS: what the first sector begins with, so that a disk or USB stick with the same bytes
    /// boots too: isohdpfx.bin of isolinux.
    std::string disk_code = {};
};

/// What is particular to an ISO 9660.
struct IsoOptions : ImageOptions {
    std::string volume = "CORACLE"; ///< at most 32 of A-Z, 0-9 and _
    IsoBoot boot = {};
};

/// Writes `tree` as ISO 9660 with Rock Ridge into the empty file `fd`; returns its size, a multiple
/// of 1 MiB where it is also a disk. It cannot hold attributes, of which `reporter` is told; Linux
/// shows hard links as files of their own with the same content, and times from 1900 to 2155.
/// The time of the volume, which is its UUID to Linux, is the day of `time` and a time of day by
/// `uuid`. With `boot` the first sector has an MBR: the file for UEFI is a partition in it.
uint64_t write_iso9660(const Tree& tree, int fd, const IsoOptions& options);

} // namespace coracle
