// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace coracle {

/// How a program is started.
struct Command {
    std::vector<std::string> argv;                             ///< argv[0] is looked up in PATH
    std::vector<std::pair<std::string, std::string>> env = {}; ///< added to the environment
    std::string directory = {};                                ///< working directory; "" = ours
    std::string input = {};                                    ///< fed to standard input
    bool capture_error = true; ///< else standard error goes where ours goes
};

/// How a program ended.
struct Outcome {
    int status = 0; ///< exit status; 128 + N when signal N killed it
    std::string output;
    std::string error;
};

/// Runs a program to its end, its output kept. Throws only when it cannot be started:
/// "cannot run 'NAME': ...". A non-zero status is the caller's to judge.
Outcome run(const Command& command);

/// As run(), but throws an Error with the last lines of standard error when the status is not 0.
std::string run_checked(const Command& command);

/// The full path of a program in PATH (or in /usr/sbin and /sbin), or nullopt.
std::optional<std::string> find_program(const std::string& name);

} // namespace coracle
