// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "build/build.h"
#include "build/ensure_images.h"

namespace coracle {

/// All images of a build, packages built and the rest pulled where the cache lacks them, checked as
/// the lock file and --verify ask.
ImageTable bring_images(Spec& spec, Store& store, const BuildOptions& options, BuildLock& lock);

} // namespace coracle
