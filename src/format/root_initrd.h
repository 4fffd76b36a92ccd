// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/format.h"

namespace coracle {

/// The small initrd of a system whose root file system is on a disk: Coracle's init and the modules
/// for disks and file systems, for kernels that do not have them built in. In it `/init` mounts the
/// root that the kernel command line names (`root=`, `rootfstype=`) and goes on with the init
/// there. Microcode is first. Made once in a build. nullptr where the init images bring no Coracle
/// init: then the kernel must find its root itself.
const Extents* root_initrd(const FormatInput& input);

} // namespace coracle
