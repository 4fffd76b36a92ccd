// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/cmdline.h"
#include "service/service_runtime.h"

namespace coracle::guest {

/// The command lines of the OCI runtime of this system, crun or runc.
class OciRuntime : public ServiceRuntime {
public:
    /// Throws Error("no OCI runtime: ...") when there is none in /usr/bin.
    static OciRuntime find(const KernelCommandLine& cmdline);
    OciRuntime(std::string program, bool debug) : program_(std::move(program)), debug_(debug) {}

    /// Creates, starts, waits and deletes: the exit status is the container's.
    Words run(const std::string& id, const std::string& bundle) const;
    /// Creates and starts; the process is reparented to the nearest subreaper.
    Words run_detached(const std::string& id, const std::string& bundle,
                       const std::string& pid_file) const;
    Words create(const std::string& id, const std::string& bundle,
                 const std::string& pid_file) const;
    Words start(const std::string& id) const;
    Words remove(const std::string& id) const; ///< "delete --force"

    Start start(const Container& container) const override;
    std::vector<Words> removal(const Container& container) const override;
    bool gives_children() const override { return true; }
    std::optional<int> told_status(std::string_view) const override { return std::nullopt; }

private:
    Words words(std::initializer_list<std::string> rest) const;

    std::string program_;
    bool debug_;
};

} // namespace coracle::guest
