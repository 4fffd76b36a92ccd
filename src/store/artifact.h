// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "oci/manifest.h"
#include "oci/reference.h"
#include "store/store.h"

namespace coracle {

/// Something else than a container image that a name means: a manifest with its blobs.
struct Artifact {
    Reference reference;
    Descriptor descriptor; ///< of the manifest
    Manifest manifest;
};

/// The artifact of a name with all its blobs in the store; nullopt when the name means an image or
/// nothing, or when part of it is missing.
std::optional<Artifact> find_artifact(const Store& store, const Reference& reference);

/// True for the manifest of an artifact that the store has.
bool is_artifact(const Store& store, const Descriptor& root);

} // namespace coracle
