// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "build/build.h"

namespace coracle {

/// Writes the lock file `options.lock` anew: for `options.files`, or without any for the YAML files
/// that it names, and for `platforms`, or without any for those that it names (at last this
/// machine's). Builds packages and pulls images, with `options.always_pull` also those that the
/// cache has, but makes no outputs. Returns what differs, as differences() does.
std::vector<std::string> update_lock(const BuildOptions& options,
                                     const std::vector<Platform>& platforms);

} // namespace coracle
