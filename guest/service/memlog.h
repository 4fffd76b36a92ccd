// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/fd.h"

namespace coracle::guest {

/// A pipe to the logging daemon's ring buffer under a name, or nullopt when no such daemon runs.
/// The protocol is memlogd's: a datagram with the name and the descriptor to read from.
std::optional<Fd>
open_external_log(const std::string& name,
                  const std::string& socket = "/var/run/linuxkit-external-logging.sock");

} // namespace coracle::guest
