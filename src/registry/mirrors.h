// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "registry/options.h"

namespace coracle {

/// The URLs of a registry's mirrors, in the order in which they are tried. "docker.io=https://m" is
/// for one registry, "https://m" for all. Throws UsageError for what is neither.
std::vector<std::string> mirrors_of(const std::string& registry, const RegistryOptions& options);

} // namespace coracle
