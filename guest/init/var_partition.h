// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace coracle::guest {

/// Mounts an ext4 for what is kept. Throws Error("cannot mount DEVICE on /var: ...").
void mount_ext4(const std::string& device, const std::string& target);

/// Mounts the partition of a disk ("vda") that has the type of /var in the Discoverable Partitions
/// Specification. Where the partition is marked to grow, and there is room behind it, first it and
/// then its file system are extended; what keeps them from growing is told, and no reason to stop.
void mount_own_var(const std::string& disk, const std::string& target);

} // namespace coracle::guest
