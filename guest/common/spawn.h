// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace coracle::guest {

/// How a program is started. Descriptors that are -1 stay ours.
struct Spawn {
    std::vector<std::string> argv; ///< argv[0] is a path
    int input = -1;
    int output = -1;
    int error = -1;
    bool session = false; ///< in a session of its own
};

/// Starts a program with no signal blocked or ignored and without waiting for it.
/// Throws Error("cannot run 'NAME': ...").
pid_t spawn(const Spawn& what);

/// The exit status of a program as a shell tells it: 128 + N when signal N killed it.
int exit_status(int wait_status);

} // namespace coracle::guest
