// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "disk/extents.h"

namespace coracle {

/// A file of a FAT file system; its directories are made.
struct FatFile {
    std::string path; ///< "EFI/BOOT/BOOTX64.EFI", UTF-8
    Extents content;
};

struct FatOptions {
    std::string label = "BOOT"; ///< at most 11 characters of upper-case ASCII
    uint32_t serial = 0;
    int64_t time = 0;            ///< of all files, seconds since 1970, UTC
    uint64_t size = 0;           ///< in bytes; a smaller one than is needed grows
    uint64_t hidden_sectors = 0; ///< sectors of the disk before this partition
};

/// Where a file lies in a FAT file system.
struct FatPlace {
    std::string path;
    uint64_t offset; ///< of its first byte
};

/// A FAT file system (Microsoft's "FAT: General Overview of On-Disk Format", 1.03) of 12, 16 or 32
/// bits, by its size, with long names. The files' bytes are one run each, in the order given.
struct Fat {
    Extents image;                ///< a multiple of 1 MiB
    unsigned bits;                ///< 12, 16 or 32
    std::vector<FatPlace> places; ///< of the files
    uint64_t tables;              ///< offset of the first of the two file allocation tables
    uint64_t root;                ///< offset of the root directory
    uint64_t data;                ///< offset of the first cluster, number 2
    uint64_t cluster;             ///< bytes of a cluster
};

/// Throws for files over 4 GiB, names that are not UTF-8 or not allowed, and two names that are the
/// same but for their case.
Fat make_fat(const std::vector<FatFile>& files, const FatOptions& options);

} // namespace coracle
