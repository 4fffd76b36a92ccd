// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"

namespace coracle {

/// A program that runs beside us on our terminal and does not outlive us: it gets SIGTERM when we
/// end, however we end.
class Child {
public:
    struct Streams {
        bool no_input = false;   ///< standard input is empty, else ours
        bool read_error = false; ///< standard error can be read from error(), else ours
    };
    /// Throws when the program cannot be started.
    Child(const std::vector<std::string>& argv, Streams streams);
    /// Ends it, if it still runs.
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    int error() const { return error_.get(); }
    void terminate();
    bool running();
    /// Waits for its end. Exit status, or 128 + N when signal N killed it.
    int wait();

private:
    pid_t pid_ = -1;
    int status_ = -1; ///< -1 while it runs
    Fd error_;
};

} // namespace coracle
