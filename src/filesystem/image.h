// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include <sys/types.h>

#include "archive/tree.h"
#include "base/progress.h"
#include "io/compress.h"

namespace coracle {

/// What the images of all file systems have in common.
struct ImageOptions {
    std::array<unsigned char, 16> uuid{};    ///< of the file system, where it has one
    int64_t time = 0;                        ///< when it was made, seconds since 1970
    unsigned threads = 1;                    ///< change the time it takes, never the bytes
    Reporter* reporter = &silent_reporter(); ///< told of what a file system cannot hold
};

/// All images are a multiple of this size.
constexpr uint64_t image_block = 4096;

/// A device number as Linux has it on disk (new_encode_dev).
constexpr uint32_t encode_device(uint32_t major, uint32_t minor) {
    return (minor & 0xff) | (major << 8) | ((minor & ~0xffU) << 12);
}

/// st_mode of a node: its type and its permission bits.
uint16_t mode_of(const TreeNode& node);

/// What directories of ext4 and EROFS say a name is (FT_REG_FILE, FT_DIR, ...).
unsigned char directory_type(EntryType type);

/// How many links a node has: a directory's `.`, its name and those in its subdirectories.
uint32_t link_count(const Tree& tree, const TreeNode& node);

/// The nodes that have names, each once: the root, then a directory's children in the order of
/// their names, each with all below it. Hard links count where they come first.
std::vector<uint32_t> nodes_in_order(const Tree& tree);

/// Copies bytes between files, inside the kernel where it can. Throws when `from` is shorter.
void copy_range(int from, off_t from_offset, int to, off_t to_offset, uint64_t size);

} // namespace coracle
