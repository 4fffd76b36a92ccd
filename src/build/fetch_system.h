// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/progress.h"
#include "registry/options.h"
#include "store/artifact.h"

namespace coracle {

/// How a built system is brought from a registry.
struct FetchOptions {
    RegistryOptions registry = {};
    std::string verify = {};   ///< a public key or a policy that it must meet; "" = none
    bool prefer_cache = false; ///< ask no registry for what the cache has
};

/// Brings a built system into the store, verified. Throws for what is none, and for one that does
/// not meet the policy, of which nothing is brought then.
Artifact fetch_system(Store& store, const Reference& reference, const FetchOptions& options,
                      Reporter& reporter);

/// Writes the files of a system; all of them appear, or none. `name` instead of what their names
/// begin with, if not "". Returns paths and sizes.
std::vector<std::pair<std::string, uint64_t>> write_system(const Store& store,
                                                           const Artifact& system,
                                                           const std::string& directory,
                                                           const std::string& name = "");

/// Puts the files of a system beside the cache, fresh as they were pushed, and returns what `run`
/// takes: their path up to the name of the system, or of the only file.
std::string unpack_system(const Store& store, const Artifact& system);

/// Removes what unpack_system() left; returns how many bytes that were.
uint64_t clear_systems(const std::string& cache);

} // namespace coracle
