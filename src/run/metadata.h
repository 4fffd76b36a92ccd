// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace coracle {

/// Writes the ISO through which a guest's metadata provider `cdrom` gets its data: one file,
/// /config.
void write_metadata_iso(const std::string& path, const std::string& content);

} // namespace coracle
