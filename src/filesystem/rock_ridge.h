// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archive/tree.h"

/// What ISO 9660 itself cannot say of a file: System Use Sharing Protocol (IEEE P1281) and Rock
/// Ridge (IEEE P1282, RRIP_1991A).
namespace coracle::iso9660 {

/// A number in both byte orders.
std::string both32(uint32_t value);
std::string both16(uint16_t value);

/// Fields of at most 255 bytes each, none of which may be split.
using Fields = std::vector<std::string>;

/// Mode, links, owner, device, time.
Fields fields_of(const TreeNode& node, uint32_t links, uint32_t serial);
/// The name, in as many fields as it takes.
Fields name_fields(std::string_view name);
/// The text of a symlink.
Fields link_fields(std::string_view target);
/// What the record of the root itself begins with, and what it ends with.
std::string sharing_field();
std::string extension_field();

/// Where a field of 28 bytes says that more follow: block, offset in it, and bytes.
constexpr size_t continuation_size = 28;
std::string continuation_field(uint32_t block, uint32_t offset, uint32_t size);

/// The seven bytes of a time in a directory record (ECMA-119, 9.1.5), from 1900 to 2155, UTC.
std::string short_time(int64_t time);

} // namespace coracle::iso9660
