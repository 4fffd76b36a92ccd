// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/mount.h"

namespace coracle::guest {

/// A network interface that a container gets.
struct Interface {
    std::string name;
    std::string
        add; ///< kind of a new link ("veth", "wireguard", ...); "" = an existing one is moved
    std::string peer;            ///< the other end of a veth pair, which stays here
    bool create_in_root = false; ///< made here and moved, not made inside
};

/// When a service that has ended is started again.
enum class Restart { always, on_failure, never };

/// What runtime.json says. `after`, `restart`, `timeout` and `optional` are Coracle's own.
struct RuntimeConfig {
    std::vector<std::string> cgroups;
    std::vector<Mount> mounts;
    std::vector<std::string> mkdir;
    std::vector<Interface> interfaces;
    /// Namespace file below /proc/PID/ns and the path that it is bound to.
    std::vector<std::pair<std::string, std::string>> bind_namespaces;
    std::string containerd_namespace;
    Restart restart = Restart::always;
    std::vector<std::string> after; ///< services that are started before this one
    std::optional<int> timeout;     ///< seconds that an onboot container may take
    bool optional = false;          ///< an onboot container whose failure is no error
};

/// Throws Error("runtime.json: ...") for what is not JSON or not of the right types; keys that are
/// absent or null keep their defaults, others are ignored.
RuntimeConfig parse_runtime_config(std::string_view json);

/// The configuration of a bundle; the defaults when there is no file.
RuntimeConfig read_runtime_config(const std::string& bundle);

} // namespace coracle::guest
