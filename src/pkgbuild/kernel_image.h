// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pkgbuild/debian_files.h"

namespace coracle {

/// The files of a kernel image as LinuxKit has them, made from Debian's kernel packages: `kernel`
/// and `kernel.tar` with lib/modules/VERSION: the modules that `content` asks for and all they
/// need, not packed, with modules.dep, .alias, .softdep, .builtin, .builtin.modinfo and .order.
/// Throws when the packages hold no kernel or more than one, and when a module is missing.
ImageTree make_kernel_image(const DebianFiles& files, const KernelContent& content,
                            FileSpool& spool);

} // namespace coracle
