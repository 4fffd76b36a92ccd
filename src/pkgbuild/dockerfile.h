// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pkgbuild/package.h"

namespace coracle {

/// Builds a package that a Dockerfile describes with buildah, without root and without layers of
/// its own cache, and takes the image into the store. Throws when buildah is not installed.
Descriptor build_dockerfile(Store& store, const Package& package, const Platform& platform,
                            const PackageOptions& options);

} // namespace coracle
