// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inspect/contents.h"

namespace coracle {

enum class Change { added, removed, changed };

/// A path at which two systems are not the same.
struct FileDifference {
    Change change = Change::changed;
    std::string path;
    uint64_t before = 0; ///< bytes of content; 0 when added
    uint64_t after = 0;  ///< 0 when removed
    /// Of what has changed: "content", "mode 0644 -> 0755", "owner 0:0 -> 1:1", ...
    std::vector<std::string> aspects = {};
};

/// What differs within a component; files are counted to the component of the newer system.
struct ComponentDifference {
    std::string location;
    std::string source_before; ///< "" = not there, or not known
    std::string source_after;
    std::vector<FileDifference> files = {}; ///< by path
};

/// What differs in a container's configuration.
struct ContainerDifference {
    Change change = Change::changed;
    std::string section;
    std::string name;
    std::vector<std::string> keys = {}; ///< "config.json: process.args", sorted
};

/// What differs between two systems.
struct Differences {
    std::string a;
    std::string b;
    std::vector<ComponentDifference> components = {};
    std::vector<ContainerDifference> containers = {};
    uint64_t added = 0, removed = 0, changed = 0; ///< files
    uint64_t bytes_before = 0, bytes_after = 0;   ///< of the whole systems
    bool empty() const { return added + removed + changed == 0 && containers.empty(); }
};

/// Compares two systems, both read with `hash`. Modification times do not count.
Differences compare(const Contents& a, const Contents& b);

/// "added", "removed" or "changed".
const char* name_of(Change change);

/// The keys, with dots between their parts, whose values differ in two JSON documents; lists are
/// compared as a whole. "" stands for an absent document. Throws for what is no JSON.
std::vector<std::string> differing_keys(const std::string& a, const std::string& b);

} // namespace coracle
