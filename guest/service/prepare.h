// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <sys/types.h>

#include "service/runtime_config.h"

namespace coracle::guest {

/// Before a container is created: mounts (with the directories that they need), directories,
/// control groups. Relative paths are below the bundle's rootfs. Mounts outside the bundle stay
/// when it is cleaned up, so `again` leaves them out.
void prepare_bundle(const std::string& bundle, const RuntimeConfig& config, bool again);

/// Between create and start: interfaces and namespace files of the container's process.
void prepare_process(pid_t process, const RuntimeConfig& config);

/// After a container has ended: unmounts what prepare_bundle() mounted inside the bundle.
void clean_bundle(const std::string& bundle, const RuntimeConfig& config);

} // namespace coracle::guest
