// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "filesystem/image.h"

namespace coracle {

/// What is particular to an ext4.
struct Ext4Options : ImageOptions {
    /// Of the image, in bytes. 0 = what the content takes and a tenth, at least 16 MiB, of room;
    /// where it is too small the image gets what the content takes, and `reporter` is told.
    uint64_t size = 0;
    std::string label = {}; ///< at most 16 bytes
};

/// Writes `tree` as ext4 with a journal and checksums of its metadata into the empty file `fd`,
/// whose blocks of zeros are left out; returns its size. It has a directory `lost+found` of its
/// own, unless the tree has one.
uint64_t write_ext4(const Tree& tree, int fd, const Ext4Options& options);

} // namespace coracle
