// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <sys/types.h>

namespace coracle::guest {

/// True when a process has a handler for a signal; true too when that cannot be found out.
bool catches_signal(pid_t process, int signal);

/// The same from the text of its /proc/PID/status.
bool status_catches_signal(std::string_view status, int signal);

} // namespace coracle::guest
