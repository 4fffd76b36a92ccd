// SPDX-License-Identifier: Apache-2.0
#include "store/artifact.h"

#include <algorithm>

#include "oci/media_types.h"

namespace coracle {

namespace {

std::optional<Manifest> manifest_of_artifact(const Store& store, const Descriptor& root,
                                             const std::string& name) {
    if (!media_type::is_manifest(root.media_type) || !store.has(root))
        return std::nullopt;
    auto manifest = Manifest::parse(store.read_document(root), "manifest of " + name);
    if (media_type::is_image_config(manifest.config.media_type))
        return std::nullopt;
    return manifest;
}

} // namespace

std::optional<Artifact> find_artifact(const Store& store, const Reference& reference) {
    auto root = store.find(reference);
    if (!root)
        return std::nullopt;
    auto manifest = manifest_of_artifact(store, *root, reference.familiar());
    auto present = [&](const Descriptor& blob) { return store.has(blob); };
    if (!manifest || !present(manifest->config) || !std::ranges::all_of(manifest->layers, present))
        return std::nullopt;
    return Artifact{reference, *root, std::move(*manifest)};
}

bool is_artifact(const Store& store, const Descriptor& root) {
    return manifest_of_artifact(store, root, root.digest.str()).has_value();
}

} // namespace coracle
