// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "disk/extents.h"
#include "disk/guid.h"

namespace coracle {

constexpr uint64_t sector_size = 512;
/// Partitions begin, and disks end, at a multiple of this.
constexpr uint64_t partition_alignment = 1 << 20;

/// A partition of a GPT disk (UEFI Specification 2.10, section 5.3).
struct GptPartition {
    Guid type;
    Guid id;
    std::string name; ///< at most 36 characters of ASCII
    Extents content;
    uint64_t attributes = 0;
    uint64_t size = 0; ///< at least that many bytes; 0 = as large as its content
};

/// Attributes of the Discoverable Partitions Specification.
constexpr uint64_t gpt_read_only = uint64_t{1} << 60;
constexpr uint64_t gpt_no_auto = uint64_t{1} << 63;
constexpr uint64_t gpt_grow_file_system = uint64_t{1} << 59;

struct GptDisk {
    Guid id;
    std::vector<GptPartition> partitions = {}; ///< in order of their place
    uint64_t size = 0; ///< of the disk in bytes; a smaller one than is needed grows
};

/// The whole disk: protective MBR, table, partitions, backup table.
Extents make_gpt_disk(const GptDisk& disk);

/// A disk with one partition and an MBR that starts it.
struct MbrDisk {
    uint32_t signature;
    std::string boot_code; ///< at most 440 bytes
    unsigned char type;    ///< of the partition: 0x0c = FAT32 with LBA
    Extents content;
    uint64_t size = 0; ///< of the disk in bytes; a smaller one than is needed grows
};

Extents make_mbr_disk(const MbrDisk& disk);

/// How large a disk with this last byte of content is, of at least `wanted` bytes.
uint64_t disk_size_for(uint64_t needed, uint64_t wanted);

} // namespace coracle
