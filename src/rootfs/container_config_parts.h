// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "rootfs/container_config.h"

namespace coracle {

// The parts of config.json and runtime.json (OCI runtime specification, "Configuration"). `entry`
// is the effective one, with what its image's label says.

/// What goes wrong with one entry.
class EntryFault {
public:
    EntryFault(const ContainerInput& input, const ImageEntry& entry)
        : input_(input), entry_(entry) {}

    /// Throws Diagnostics about the value at `key` ("binds[0]"), or about the entry and its label
    /// when the YAML does not have it.
    [[noreturn]] void fail(const std::string& key, std::string_view message,
                           std::string_view note = {}) const;

private:
    const ContainerInput& input_;
    const ImageEntry& entry_;
};

/// A mount of the container, complete.
struct ContainerMount {
    std::string destination = {}, type = {}, source = {};
    std::vector<std::string> options = {};
    std::vector<IdMapping> uid_mappings = {}, gid_mappings = {};
};

/// The default mounts, then tmpfs, binds and mounts, each in place of an earlier one at the same
/// destination; sorted by destination.
std::vector<ContainerMount> container_mounts(const ContainerInput& input, const ImageEntry& entry);
nlohmann::ordered_json mounts_json(const std::vector<ContainerMount>& mounts);

/// Names of capabilities, `all` and `none` replaced by what they mean.
std::vector<std::string> expand_capabilities(const std::vector<std::string>& names);
nlohmann::ordered_json process_json(const ContainerInput& input, const ImageEntry& entry);

nlohmann::ordered_json linux_json(const ContainerInput& input, const ImageEntry& entry);

nlohmann::ordered_json runtime_json(const ContainerInput& input, const ImageEntry& entry);

} // namespace coracle
