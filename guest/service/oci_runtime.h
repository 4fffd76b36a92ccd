// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/cmdline.h"

namespace coracle::guest {

/// The command lines of the OCI runtime of this system, crun or runc.
class OciRuntime {
public:
    /// Throws Error("no OCI runtime: ...") when there is none in /usr/bin.
    static OciRuntime find(const KernelCommandLine& cmdline);
    OciRuntime(std::string program, bool debug) : program_(std::move(program)), debug_(debug) {}

    using Words = std::vector<std::string>;
    /// Creates, starts, waits and deletes: the exit status is the container's.
    Words run(const std::string& id, const std::string& bundle) const;
    /// Creates and starts; the process is reparented to the nearest subreaper.
    Words run_detached(const std::string& id, const std::string& bundle,
                       const std::string& pid_file) const;
    Words create(const std::string& id, const std::string& bundle,
                 const std::string& pid_file) const;
    Words start(const std::string& id) const;
    Words remove(const std::string& id) const; ///< "delete --force"

private:
    Words words(std::initializer_list<std::string> rest) const;

    std::string program_;
    bool debug_;
};

} // namespace coracle::guest
