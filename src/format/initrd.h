// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/format.h"

namespace coracle {

/// Writes the initrd: microcode first and uncompressed, then the root file system as a compressed
/// newc cpio, one compressed member per component. Does not finish the sink.
void write_initrd(const FormatInput& input, Sink& sink, std::vector<ComponentResult>& results);

/// Writes the kernel's microcode as it stands before an initrd.
void write_microcode(const Kernel& kernel, Sink& sink);

} // namespace coracle
