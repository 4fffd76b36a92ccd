// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "run/child.h"
#include "run/plan.h"

namespace coracle {

/// A program that serves the machine through a socket for as long as it runs.
struct Daemon {
    std::vector<std::string> command;
    std::string socket;
    std::string name; ///< for errors
};

/// What the machine needs beside QEMU: virtiofsd for each shared directory, swtpm for a TPM.
std::vector<Daemon> daemons_of(const RunPlan& plan);

/// Starts them and waits until their sockets are there. Throws when one does not come up; those
/// before it are ended.
std::vector<std::unique_ptr<Child>> start_daemons(const RunPlan& plan);

/// swtpm in the background, for a machine that outlives us and ends it. Before keep() it ends with
/// this.
class DetachedTpm {
public:
    /// Does nothing where the plan has no TPM.
    explicit DetachedTpm(const RunPlan& plan);
    ~DetachedTpm();
    DetachedTpm(const DetachedTpm&) = delete;
    DetachedTpm& operator=(const DetachedTpm&) = delete;
    /// QEMU runs and has taken it over.
    void keep() { pid_ = 0; }

private:
    pid_t pid_ = 0;
};

} // namespace coracle
