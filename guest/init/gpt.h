// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coracle::guest {

/// Gives as many bytes as there are at an offset.
using ReadDisk = std::function<std::string(uint64_t offset, size_t size)>;
/// Writes bytes; they are on the disk when it returns.
using WriteDisk = std::function<void(uint64_t offset, std::string_view bytes)>;

/// A partition of a disk with a GPT (UEFI Specification 2.10, section 5.3).
struct GptPartition {
    unsigned number; ///< from 1
    std::string type;
    std::string id; ///< GUIDs in lower case: "e4d29418-..."
    uint64_t first;
    uint64_t last; ///< sectors
    uint64_t attributes;
};

/// The partitions of a disk; none where it has no GPT. `sector` is the disk's sector size in bytes.
/// Checksums are not looked at: the kernel has done so.
std::vector<GptPartition> gpt_partitions(const ReadDisk& read, uint64_t sector);

/// "Grow file system" in the Discoverable Partitions Specification.
constexpr uint64_t gpt_grow = uint64_t{1} << 59;

/// A disk that is written to.
struct WritableDisk {
    ReadDisk read;
    WriteDisk write;
    uint64_t size;   ///< in bytes
    uint64_t sector; ///< its size in bytes
};

/// Where a partition lies on its disk, in bytes.
struct PartitionPlace {
    uint64_t start;
    uint64_t size;
};

/// Extends the partition to the end of a disk that has become larger, or was made smaller than the
/// disk it was written to, and moves the backup table there. nullopt, and nothing is written, where
/// there is no more room, where it is not the last one on the disk, or where it is not to grow (by
/// its attribute). Each write leaves a disk with a valid first table, and so one that boots. Throws
/// Error for a damaged table, and what `write` throws.
std::optional<PartitionPlace> grow_partition(const WritableDisk& disk, unsigned number);

} // namespace coracle::guest
