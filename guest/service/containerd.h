// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "service/service_runtime.h"

namespace coracle::guest {

/// Services as containers of containerd, through its program ctr, so that `ctr` shows them.
/// Interfaces and namespace files come after the start here, since ctr creates and starts in one.
class ContainerdRuntime : public ServiceRuntime {
public:
    /// `specs` is a directory for the configurations with the paths that containerd wants.
    explicit ContainerdRuntime(std::string specs) : specs_(std::move(specs)) {}

    /// True when containerd is in the root.
    static bool is_there();

    Start start(const Container& container) const override;
    std::vector<Words> removal(const Container& container) const override;
    bool gives_children() const override { return false; }
    std::optional<int> told_status(std::string_view output) const override;

private:
    std::string specs_;
};

/// A config.json with its relative root path below the bundle. Throws Error("config.json: ...").
std::string with_absolute_root(std::string_view config, const std::string& bundle);

/// /etc/containerd/runtime-config.toml.
struct ContainerdOptions {
    Words arguments;         ///< `cliopts`
    std::string output_file; ///< `stdout`; "" = the log
    std::string error_file;  ///< `stderr`; "" = the log
};

ContainerdOptions parse_containerd_options(std::string_view toml);

/// Starts containerd and waits until it answers. Throws Error("containerd ...").
void start_containerd(const std::string& logs);

} // namespace coracle::guest
