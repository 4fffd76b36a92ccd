// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace coracle::guest {

/// The number of the partition with this GUID ("e4d29418-...", letters of either case) on a disk
/// with a GPT, or with this identifier ("1234abcd-01") on one with an MBR; nullopt where there is
/// none. `read` gives as many bytes as there are at an offset; `sector` is the disk's sector size
/// in bytes.
using ReadDisk = std::function<std::string(uint64_t offset, size_t size)>;
std::optional<unsigned> partition_number(const ReadDisk& read, uint64_t sector,
                                         std::string_view id);

/// The partition with this identifier on any disk that is there: "/dev/vda2".
std::optional<std::string> find_partition(std::string_view id);

} // namespace coracle::guest
