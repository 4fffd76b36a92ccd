// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/thread_pool.h"
#include "disk/extents.h"

namespace coracle {

/// The hashes by which the kernel's dm-verity verifies each block of a device (Linux
/// Documentation/admin-guide/device-mapper/verity.rst; superblock as veritysetup writes it):
/// SHA-256, blocks of 4096 bytes.
struct VerityTree {
    Extents hashes;        ///< superblock and hash tree
    std::string root_hash; ///< in hexadecimal
};

/// The tree over `data`, a multiple of 4096 bytes and at least two blocks. Salt and UUID are
/// derived from `identity`. Uses all threads of the pool, from a thread that is none of them.
VerityTree make_verity_tree(const Extents& data, const std::string& identity, ThreadPool& pool);

} // namespace coracle
