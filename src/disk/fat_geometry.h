// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace coracle {

/// How a FAT file system of a given size is divided. All but `cluster_sectors` and `clusters` count
/// sectors of 512 bytes.
struct FatGeometry {
    unsigned bits; ///< 12, 16 or 32
    uint32_t sectors;
    uint32_t reserved; ///< boot sector and more, before the first FAT
    uint32_t fat_sectors;
    uint32_t root_sectors; ///< of the fixed root directory; 0 with 32 bits
    uint32_t cluster_sectors;
    uint32_t clusters;

    uint32_t data_start() const { return reserved + 2 * fat_sectors + root_sectors; }
    uint32_t cluster_bytes() const { return cluster_sectors * 512; }
};

/// The geometry for this many sectors: 32 bits from 34 MiB on, as UEFI prefers. nullopt where the
/// number of clusters would be so near to a border between the types that some implementations err.
std::optional<FatGeometry> fat_geometry(uint64_t sectors);

} // namespace coracle
