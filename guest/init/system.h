// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cmdline.h"

namespace coracle::guest {

/// Mounts /proc where it is missing. True in a system of our own; false in a container, where there
/// is nothing to set up.
bool enter_system();

/// Makes a root that pivot_root(2) accepts out of an initramfs without copying it: `/` bound over
/// `/`. Does nothing on any other root.
void make_root_pivotable();

/// Mounts /dev and makes the console our standard input and outputs.
void open_console();

/// All other mounts, the control groups, a shared and read-only `/`.
void mount_file_systems(const KernelCommandLine& cmdline);

/// Resource limits, loopback, the target of resolv.conf.
void prepare_environment();

/// What needs the drivers of devices: host name and clock.
void settle_identity();

} // namespace coracle::guest
