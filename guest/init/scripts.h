// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>

#include <sys/types.h>

namespace coracle::guest {

/// The executables of a directory, run one after another in name order while others are served.
class Scripts {
public:
    explicit Scripts(const std::string& directory);

    /// Starts the next one that can be started; false when none is left.
    bool start_next();
    /// True when `child` is the one that runs; then its failure is told.
    bool ended(pid_t child, int wait_status);
    /// True when one that has run so far could not be started or ended with another status than 0.
    bool failed() const { return failed_; }

private:
    std::deque<std::string> paths_;
    std::string current_;
    pid_t child_ = -1;
    bool failed_ = false;
};

} // namespace coracle::guest
