// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/progress.h"
#include "store/store.h"

namespace coracle {

/// What is wrong with a store.
struct VerifyReport {
    uint64_t blobs = 0; ///< that were read
    uint64_t bytes = 0;
    std::vector<Digest> damaged = {};
    std::vector<std::string> faults = {}; ///< damaged blobs and incomplete images, as sentences

    bool sound() const { return faults.empty(); }
};

/// Reads every blob and holds it against its digest, then looks whether every platform that a name
/// has here is there whole. (That other platforms of it are absent is no fault.)
VerifyReport verify(const Store& store, Reporter& reporter);

} // namespace coracle
