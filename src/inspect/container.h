// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "inspect/contents.h"

namespace coracle {

/// A mount of a container.
struct InspectedMount {
    std::string source;
    std::string destination;
    std::string type;
    std::vector<std::string> options;
    bool is_bind() const;
    /// One of those that every container has: /proc, /dev, /sys, ...
    bool is_usual() const;
};

/// What a container's config.json and runtime.json say, for people.
struct ContainerFacts {
    std::vector<std::string> command = {};
    std::vector<std::string> capabilities = {}; ///< the bounding set
    std::vector<InspectedMount> mounts = {};
    std::vector<std::string> devices = {}; ///< paths; "all": no limit but the kind
    std::vector<std::string> namespaces =
        {}; ///< of its own: "mount"; joined: "network (/run/netns/x)"
    bool readonly = false;
    std::string user = {};    ///< "0:0"
    std::string restart = {}; ///< "" = as is the default of its section
};

/// Throws Error when the documents are not valid JSON or not of the form of the OCI runtime
/// specification.
ContainerFacts facts_of(const InspectedContainer& container);

} // namespace coracle
