// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "archive/tar_reader.h"

namespace coracle {

/// What a tree laid together from layers may hold before it is refused.
struct TreeLimits {
    uint64_t entries = 8'000'000;              ///< directories that no layer brings included
    uint64_t header_bytes = uint64_t{1} << 30; ///< of all names, link targets and xattrs together
};

/// What the layers of an image may hold before they are refused: bombs end here.
struct LayerLimits {
    TarLimits tar = {}; ///< of each layer's archive
    /// Of each layer: its archive, padding and all.
    uint64_t unpacked_bytes = uint64_t{68} << 30;
    TreeLimits tree = {};
};

} // namespace coracle
