// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "archive/entry.h"
#include "image/limits.h"
#include "oci/digest.h"

namespace coracle {

/// Sees some entries of every layer that is read, so that nobody has to read it once more for them.
/// Used by many threads at once.
class LayerWatch {
public:
    virtual ~LayerWatch() = default;

    struct Seen {
        Entry entry;
        std::string content; ///< of a regular file, at most 64 MiB
    };
    /// Whether it wants to see this entry.
    virtual bool wants(const Entry& entry) const = 0;
    /// What it wanted of a layer, in order; the layer was read to its end and has the right digest.
    virtual void saw(const Digest& layer, std::vector<Seen> seen) = 0;
};

/// How layers are read.
struct LayerReading {
    LayerLimits limits = {};
    LayerWatch* watch = nullptr;
};

} // namespace coracle
