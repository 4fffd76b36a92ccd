// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "service/oci_runtime.h"

namespace coracle::guest {

/// Runs the containers of a directory (NNN-NAME) one after another to their ends. Their output goes
/// to standard output and to LOGS/NNN-NAME.log. One that fails is told by name and does not keep
/// the others from running; false when one failed that is not optional. `kind` is for messages:
/// "onboot".
bool run_in_order(const std::string& directory, const std::string& logs, const OciRuntime& runtime,
                  const std::string& kind);

/// "dhcpcd" for "001-dhcpcd".
std::string plain_name(const std::string& bundle_name);

} // namespace coracle::guest
