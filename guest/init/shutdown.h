// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

namespace coracle::guest {

/// How the machine is to end.
enum class Ending { reboot, halt, poweroff };

/// What a signal to PID 1 asks for: SIGTERM and SIGINT (ctrl-alt-del) reboot, SIGUSR1 halts,
/// SIGUSR2 and SIGPWR power off, as with BusyBox's init; nullopt for other signals.
std::optional<Ending> ending_for(int signal);

/// The signal that asks for an ending.
int signal_for(Ending ending);

/// Ends all processes: SIGTERM (and SIGHUP for those on a terminal), after `grace_seconds` SIGKILL.
/// Returns as soon as none is left.
void end_all_processes(int grace_seconds);

/// Writes everything to disk, unmounts what can be unmounted, and ends the machine.
[[noreturn]] void end_machine(Ending ending);

} // namespace coracle::guest
