// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archive/tree.h"

namespace coracle::erofs {

/// A piece of compressed data: `blocks` blocks that unpack to `length` bytes, or hold them as they
/// are.
struct Cluster {
    uint32_t length;
    uint16_t blocks;
    bool stored;
};

/// Some of a file, packed.
struct Packed {
    std::vector<Cluster> clusters;
    std::string bytes; ///< whole blocks
};

/// As much of a file as is packed at once, in bytes: a multiple of the block size.
constexpr uint64_t piece_size = 4 << 20;

/// Packs with LZ4 into clusters of at most 64 KiB. The bytes are a function of `data`.
Packed pack(std::string_view data);

/// Where the content of a file went.
struct Placed {
    uint32_t block = 0;            ///< the first
    std::vector<Cluster> clusters; ///< none: as it is
};

/// The index of compressed data of `size` bytes as it stands behind the inode.
std::string index_of(const Placed& placed, uint64_t size);

/// A file to be placed.
struct FileData {
    uint32_t node;
    uint64_t tail; ///< of so many bytes of its end there is no need where it is stored as it is
};

/// Writes the content of files, one after the other, from where `sink` is, at the start of a block.
/// `threads` change the time it takes, not the bytes.
std::vector<Placed> write_data(const Tree& tree, const std::vector<FileData>& files, FileSink& sink,
                               bool compress, unsigned threads);

} // namespace coracle::erofs
