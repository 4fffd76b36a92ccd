// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "archive/entry.h"

namespace coracle {

/// The records of one PAX extended header (IEEE Std 1003.1-2017, pax, "pax Extended Header").
using PaxRecords = std::map<std::string, std::string, std::less<>>;

/// Parses "LENGTH KEY=VALUE\n" records. Throws Error for any that is malformed.
PaxRecords parse_pax(std::string_view text);

/// One record, its length included in itself.
std::string pax_record(std::string_view key, std::string_view value);

/// Gives `entry` what the records say of it (mtime, ids, size, xattrs). Path and link path are the
/// reader's. Throws for values that make no sense and for sparse files.
void apply_pax(const PaxRecords& records, Entry& entry);

} // namespace coracle
