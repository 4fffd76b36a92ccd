// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/ending.h"

namespace coracle::guest {

/// Ends all processes: SIGTERM (and SIGHUP for those on a terminal), after `grace_seconds` SIGKILL.
/// Returns as soon as none is left.
void end_all_processes(int grace_seconds);

/// Writes everything to disk, unmounts what can be unmounted, and ends the machine.
[[noreturn]] void end_machine(Ending ending);

} // namespace coracle::guest
