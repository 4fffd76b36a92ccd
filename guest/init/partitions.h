// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "init/gpt.h"

namespace coracle::guest {

/// The number of the partition with this GUID ("e4d29418-...", letters of either case) on a disk
/// with a GPT, or with this identifier ("1234abcd-01") on one with an MBR; nullopt where there is
/// none. `sector` is the disk's sector size in bytes.
std::optional<unsigned> partition_number(const ReadDisk& read, uint64_t sector,
                                         std::string_view id);

/// The partition with this identifier on any disk that is there: "/dev/vda2".
std::optional<std::string> find_partition(std::string_view id);

/// The disk that a device lies on, or is: "vda" for "/dev/vda2".
std::string disk_of(const std::string& device);

/// A partition and its device.
struct FoundPartition {
    std::string device;
    GptPartition partition;
};
/// The first partition of this type (a GUID) on a disk ("vda") with a GPT.
std::optional<FoundPartition> partition_of_type(const std::string& disk, std::string_view type);

/// As the other grow_partition(), on a disk that is here ("vda"); the kernel is told. True where it
/// has grown.
bool grow_partition(const std::string& disk, unsigned number);

} // namespace coracle::guest
