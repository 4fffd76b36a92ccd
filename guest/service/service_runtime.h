// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/runtime_config.h"

namespace coracle::guest {

/// A command line.
using Words = std::vector<std::string>;

/// A service's container as a runtime needs to know it.
struct Container {
    const std::string& name;
    const std::string& bundle;
    const RuntimeConfig& config;
    std::string pid_file; ///< where the runtime is to leave the process number
    std::string log;      ///< a pipe for the output, where the runtime opens it itself
};

/// What runs the containers of services, as the commands that it takes. The supervisor calls them
/// and does not wait for them.
class ServiceRuntime {
public:
    /// `create` leaves the process number behind; `start` is empty when the process then runs
    /// already.
    struct Start {
        Words create;
        Words start;
    };

    virtual ~ServiceRuntime() = default;
    virtual Start start(const Container& container) const = 0;
    /// What deletes a container that has ended, one command after another.
    virtual std::vector<Words> removal(const Container& container) const = 0;
    /// False when the container's process becomes another's child, so that its exit status is only
    /// known from removal().
    virtual bool gives_children() const = 0;
    /// Then: the status that the output of a command of removal() tells, if it does.
    virtual std::optional<int> told_status(std::string_view output) const = 0;
};

} // namespace coracle::guest
