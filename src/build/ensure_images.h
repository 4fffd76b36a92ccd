// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/progress.h"
#include "oci/platform.h"
#include "spec/spec.h"
#include "store/store.h"

namespace coracle {

/// Builds what `@pkg:` asks for and the cache lacks, and puts the references in place of the requests.
void ensure_packages(Spec& spec, Store& store, const Platform& platform, Reporter& reporter);

/// Sees to it that the store holds all images that the specification names. Throws Diagnostics that point
/// at each reference that cannot be had.
void ensure_images(Spec& spec, Store& store, const Platform& platform);

} // namespace coracle
