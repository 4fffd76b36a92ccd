// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/format.h"

namespace coracle {

/// Writes NAME-kernel and NAME-cmdline, unless another format of this build has.
void write_boot_files(const FormatInput& input, Outputs& outputs);

/// Writes NAME-root-initrd.img, unless another format has: see root_initrd(). Nothing where there
/// is none.
void write_root_initrd(const FormatInput& input, Outputs& outputs);

} // namespace coracle
