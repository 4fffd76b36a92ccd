// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "oci/image_config.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "store/store.h"

namespace coracle {

/// An image for one platform, with all its blobs in the store.
struct ResolvedImage {
    Reference reference;
    Descriptor root;       ///< what the name points to: an index, or the manifest itself
    Descriptor descriptor; ///< of the manifest
    Manifest manifest;
    ImageConfig config;
    Platform platform; ///< the image's own, which may be older than the one asked for
    std::vector<Descriptor> attestations = {}; ///< manifests; their blobs may be absent
};

/// Finds the image for a platform: through nested indexes, without attestations, the nearest
/// variant. Throws when the store lacks it ("image 'X' is not in the cache DIR") or part of it,
/// when it is not made for the platform ("image 'X' has no linux/arm64; it has linux/amd64, ..."),
/// and when it is malformed.
ResolvedImage resolve(const Store& store, const Reference& reference, const Platform& platform);

/// As resolve(), but nullopt when the store lacks the image or part of it: what a pull would mend.
std::optional<ResolvedImage> find_image(const Store& store, const Reference& reference,
                                        const Platform& platform);

/// What is chosen below a root for a platform.
struct Selection {
    /// The manifest of the platform (its blob may be absent), or nullopt.
    std::optional<Descriptor> manifest = {};
    Platform platform = {};
    std::vector<Descriptor> attestations = {};
    /// Documents that are absent and might hold something nearer.
    std::vector<Descriptor> missing = {};
    /// All platforms that were seen.
    std::vector<Platform> offered = {};
};

/// As resolve() does it, but without looking at the manifest: for those who fetch what is missing.
/// `name` names the image in errors.
Selection select_platform(const Store& store, const std::string& name, const Descriptor& root,
                          const Platform& platform);

/// The error of an image that is not made for a platform.
Error no_such_platform(const std::string& name, const Platform& platform,
                       const std::vector<Platform>& offered);

/// The error of an artifact that is taken for an image.
Error not_an_image(const std::string& name, const Manifest& manifest);

/// The platforms that an image is made for; `present` only those whose manifests are in the store.
std::vector<Platform> platforms_of(const Store& store, const Descriptor& root, bool present);

/// An in-toto statement attached to an image, e.g. its SBOM.
struct Attestation {
    std::string predicate_type; ///< e.g. "https://spdx.dev/Document"
    Descriptor statement;       ///< the blob: in-toto JSON
};

/// The statements of an image that are in the store.
std::vector<Attestation> attestations_of(const Store& store, const ResolvedImage& image);

} // namespace coracle
