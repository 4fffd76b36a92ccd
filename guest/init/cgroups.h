// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace coracle::guest {

/// Mounts the control groups on /sys/fs/cgroup: one tree with every controller handed on (version
/// 2), or one tree for each controller (version 1).
void mount_cgroups(bool unified);

} // namespace coracle::guest
