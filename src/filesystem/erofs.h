// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "filesystem/image.h"

namespace coracle {

/// What is particular to an EROFS.
struct ErofsOptions : ImageOptions {
    bool compress = true; ///< with LZ4, in clusters of 64 KiB, which Linux reads from 5.13 on
};

/// Writes `tree` as EROFS into the empty file `fd`; returns its size. Everything that a tree has is
/// kept, except attributes of other kinds than user, trusted, security and POSIX access lists.
uint64_t write_erofs(const Tree& tree, int fd, const ErofsOptions& options);

} // namespace coracle
