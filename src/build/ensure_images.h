// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/progress.h"
#include "oci/platform.h"
#include "registry/options.h"
#include "spec/spec.h"
#include "store/store.h"

namespace coracle {

/// Builds what `@pkg:` asks for and the cache lacks, and puts the references in place of the requests.
void ensure_packages(Spec& spec, Store& store, const Platform& platform, Reporter& reporter);

/// How images are had that the store lacks.
struct ImageAccess {
    bool always_pull = false; ///< also those that it has
    RegistryOptions registry = {};
};

/// Sees to it that the store holds all images that the specification names: pulls what it lacks. Throws
/// Diagnostics that point at each reference that cannot be had.
void ensure_images(Spec& spec, Store& store, const Platform& platform, const ImageAccess& access,
                   Reporter& reporter);

} // namespace coracle
