// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace coracle::guest {

/// How the machine is to end.
enum class Ending { reboot, halt, poweroff };

/// What a signal to PID 1 asks for: SIGTERM and SIGINT (ctrl-alt-del) reboot, SIGUSR1 halts,
/// SIGUSR2 and SIGPWR power off, as with BusyBox's init; nullopt for other signals.
std::optional<Ending> ending_for(int signal);

/// The ending that a command's name asks for: "reboot", "halt", "poweroff".
std::optional<Ending> ending_named(std::string_view name);

/// Sends PID 1 the signal for an ending. Throws Error("cannot signal PID 1: ...").
void ask_init(Ending ending);

} // namespace coracle::guest
