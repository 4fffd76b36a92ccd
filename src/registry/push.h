// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "registry/options.h"
#include "store/store.h"

namespace coracle {

/// How an image is pushed.
struct PushOptions {
    std::optional<Reference> remote = {};  ///< the name there; nullopt = the name here
    std::optional<Platform> platform = {}; ///< only this one; nullopt = all that are in the store
    bool with_arch_tags = false;           ///< also TAG-ARCHITECTURE for each platform
    bool replace = false;                  ///< a tag that means something else already is moved
};

/// What a push has set.
struct Pushed {
    std::string name; ///< in full
    Digest digest;
};

/// Brings an image with what it points to from the store to a registry; blobs that are there
/// already are not sent. An index of which some platforms are not in the store is pushed without
/// these. The tag is set last. Throws when it means something else already, unless `replace`.
std::vector<Pushed> push(Store& store, const Reference& reference, const PushOptions& push_options,
                         const RegistryOptions& options, Reporter& reporter);

} // namespace coracle
