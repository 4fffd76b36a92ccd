// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "base/progress.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "registry/options.h"
#include "store/artifact.h"
#include "store/resolve.h"
#include "store/store.h"

namespace coracle {

/// Brings an image for one platform into the store, from the first of its mirrors that has it or
/// from its registry: what the store lacks, layers in parallel, every blob verified. The image's
/// name is set last, and its attestations come along. Throws when no server has the image ("image
/// 'X' is not in registry 'Y'"), and as resolve() does.
ResolvedImage pull(Store& store, const Reference& reference, const Platform& platform,
                   const RegistryOptions& options, Reporter& reporter);

/// As pull(), for each platform that the image is made for, in the order of platforms_of().
std::vector<ResolvedImage> pull_all_platforms(Store& store, const Reference& reference,
                                              const RegistryOptions& options, Reporter& reporter);

/// Looks at an artifact before its blobs are brought; throws for one that is not wanted.
using AcceptArtifact = std::function<void(const Artifact& artifact)>;

/// As pull(), for what is no container image: a manifest with its blobs.
Artifact pull_artifact(Store& store, const Reference& reference, const AcceptArtifact& accept,
                       const RegistryOptions& options, Reporter& reporter);

} // namespace coracle
