// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oci/image_config.h"
#include "oci/manifest.h"
#include "oci/media_types.h"
#include "store/store.h"

namespace coracle::test {

/// Puts an image of uncompressed layers into a store, without a name; returns its manifest's
/// descriptor. The layers' content need not be tar for tests that only move blobs.
inline Descriptor put_image(Store& store, const std::string& platform,
                            const std::vector<std::string>& layers, ImageConfig config = {}) {
    config.platform = Platform::parse(platform);
    Manifest manifest{.media_type = std::string(media_type::oci_manifest),
                      .config = {"", Digest::of(""), 0}};
    for (const std::string& layer : layers) {
        config.diff_ids.push_back(Digest::of(layer));
        manifest.layers.push_back(store.put(layer, std::string(media_type::oci_layer)));
    }
    manifest.config = store.put(config.str(), std::string(media_type::oci_config));
    Descriptor descriptor = store.put(manifest.str(), manifest.media_type);
    descriptor.platform = config.platform;
    return descriptor;
}

inline Descriptor put_index(Store& store, std::vector<Descriptor> manifests) {
    Index index{.media_type = std::string(media_type::oci_index),
                .manifests = std::move(manifests)};
    return store.put(index.str(), index.media_type);
}

} // namespace coracle::test
