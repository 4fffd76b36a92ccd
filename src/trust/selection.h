// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/reference.h"
#include "spec/spec.h"

namespace coracle {

/// True when the `trust:` section of a YAML file names the image, by itself (`image`: a repository,
/// or one tag or digest of it) or by its organisation (`org`: the first part of its repository, in
/// whatever registry; with a registry before it, only there).
bool selects(const TrustSpec& trust, const Reference& reference);

} // namespace coracle
