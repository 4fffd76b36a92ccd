// SPDX-License-Identifier: Apache-2.0
#include "disk/fat_geometry.h"

#include <array>

#include "base/error.h"

namespace coracle {

namespace {

constexpr uint64_t mebi = 2048; // in sectors

struct Class {
    uint64_t below; ///< sectors
    unsigned bits;
    uint32_t cluster_sectors;
};
/// Microsoft's table for 32 bits; below that, the smallest clusters.
constexpr std::array classes = {
    Class{2 * mebi, 12, 1},      Class{16 * mebi, 16, 1},   Class{34 * mebi, 16, 2},
    Class{260 * mebi, 32, 1},    Class{8192 * mebi, 32, 8}, Class{16384 * mebi, 32, 16},
    Class{32768 * mebi, 32, 32}, Class{UINT64_MAX, 32, 64},
};
constexpr uint32_t margin = 16;
constexpr uint32_t root_entries = 512;
constexpr uint32_t alignment = 8; // sectors: of the data, for file systems that share blocks

uint64_t fat_sectors_for(uint64_t clusters, unsigned bits) {
    return ((clusters + 2) * bits + 8 * 512 - 1) / (8 * 512);
}

} // namespace

std::optional<FatGeometry> fat_geometry(uint64_t sectors) {
    if (sectors > UINT32_MAX)
        throw Error("a FAT file system has at most 2 TiB");
    const Class* chosen = classes.data();
    while (sectors >= chosen->below)
        ++chosen;
    FatGeometry geometry{};
    geometry.bits = chosen->bits;
    geometry.sectors = static_cast<uint32_t>(sectors);
    geometry.cluster_sectors = chosen->cluster_sectors;
    geometry.root_sectors = chosen->bits == 32 ? 0 : root_entries * 32 / 512;
    geometry.reserved = chosen->bits == 32 ? 32 : 1;
    // One FAT too many sectors by far, then never more clusters than fit.
    geometry.fat_sectors =
        static_cast<uint32_t>(fat_sectors_for(sectors / chosen->cluster_sectors, chosen->bits));
    geometry.reserved += (alignment - geometry.data_start() % alignment) % alignment;
    if (geometry.data_start() >= sectors)
        return std::nullopt;
    geometry.clusters = (geometry.sectors - geometry.data_start()) / geometry.cluster_sectors;
    uint32_t least = chosen->bits == 32 ? 65525 + margin : chosen->bits == 16 ? 4085 + margin : 1;
    uint32_t most = chosen->bits == 32   ? 0x0ffffff4
                    : chosen->bits == 16 ? 65525 - margin
                                         : 4085 - margin;
    if (geometry.clusters < least || geometry.clusters > most)
        return std::nullopt;
    return geometry;
}

} // namespace coracle
