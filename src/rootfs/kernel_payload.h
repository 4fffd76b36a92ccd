// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "io/source.h"

namespace coracle {

/// A kernel without its compression (gzip, xz, zstd, lz4): a compressed file as it is, the payload
/// of an x86 bzImage (Linux Documentation/arch/x86/boot.rst, payload_offset and payload_length) or
/// of an EFI zboot image. A kernel that is not compressed is given as it is. Throws for a
/// compression that is not known. `kernel` must outlive the result.
std::unique_ptr<Source> make_kernel_unpacker(Source& kernel);

} // namespace coracle
