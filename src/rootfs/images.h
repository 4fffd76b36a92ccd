// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>

#include "oci/platform.h"
#include "rootfs/container_config.h"
#include "spec/spec.h"
#include "store/resolve.h"
#include "store/store.h"

namespace coracle {

/// Finds an image for a platform, as resolve() does.
using ResolveImage = std::function<ResolvedImage(const Reference&, const Platform&)>;

/// The images that a specification names, from the store, each found once.
class Images {
public:
    /// `resolve`: who says what a name means; nullptr = the store.
    Images(const Store& store, Platform platform, ResolveImage resolve = nullptr)
        : store_(store), platform_(std::move(platform)), resolve_(std::move(resolve)) {}

    const Store& store() const { return store_; }
    const Platform& platform() const { return platform_; }

    /// Throws when the name is no reference or the store does not hold the image for the platform;
    /// the error shows the place in the YAML.
    const ResolvedImage& get(const ImageName& name);
    /// For a platform that need not be the system's.
    ResolvedImage resolve(const Reference& reference, const Platform& platform) const {
        return resolve_ ? resolve_(reference, platform)
                        : coracle::resolve(store_, reference, platform);
    }

private:
    const Store& store_;
    Platform platform_;
    ResolveImage resolve_;
    std::map<std::string, ResolvedImage> found_;
};

/// The name of an image in provenance records: registry and repository, and tag and digest if they
/// were written. A missing tag is not filled in.
std::string source_name(const Reference& reference);

/// The sizes of all layers together, as they are stored.
uint64_t layer_bytes(const ResolvedImage& image);

/// What an image says of how to run it.
ImageDefaults defaults_of(const ResolvedImage& image);

} // namespace coracle
