// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "filesystem/image.h"

namespace coracle {

/// What is particular to a squashfs.
struct SquashfsOptions : ImageOptions {
    Compression compression = Compression::zstd; ///< gzip, zstd or xz; `none` stores
    int level = 0;                               ///< 0: the default
};

/// Writes `tree` as squashfs 4.0 into the empty file `fd`; returns its size. Holds all but POSIX
/// access control lists, and times from 1970 to 2106; it has no UUID.
uint64_t write_squashfs(const Tree& tree, int fd, const SquashfsOptions& options);

} // namespace coracle
