// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cmdline.h"

namespace coracle::guest {

/// True in an initrd that is there to find the root on a disk: it has /etc/initrd-release.
bool is_root_initrd();

/// Loads the modules of disks, waits for the device that `root=` names (a path below /dev,
/// PARTUUID=, PARTLABEL=), mounts it, read-only without `rw`, with the type in `rootfstype=` or one
/// that fits, frees the initrd's memory and becomes the init there (`init=`, else /init, else
/// /sbin/init). With `roothash=` in place of `root=`, each block of the root is verified by
/// dm-verity; its partitions are found as the Discoverable Partitions Specification has it.
/// `coracle.var=` names a partition with an ext4 for /var. Throws where that cannot be.
[[noreturn]] void enter_disk_root(const KernelCommandLine& cmdline);

} // namespace coracle::guest
