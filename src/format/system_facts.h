// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "format/format.h"

namespace coracle {

/// The hash of all that determines a system: kernel, command line, root file system. Identifiers
/// are derived from it that are unique to a disk and the same in each build of it.
std::string system_identity(const FormatInput& input);

/// The system's /etc/os-release, or one that says what is known where the images bring none.
std::string os_release(const FormatInput& input);

/// The bill of materials; nullopt when there is none.
std::optional<std::string> bill_of_materials(const FormatInput& input);

} // namespace coracle
