// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/progress.h"
#include "build/build_lock.h"
#include "oci/platform.h"
#include "registry/options.h"
#include "spec/spec.h"
#include "store/resolve.h"
#include "store/store.h"

namespace coracle {

/// Builds what `@pkg:` asks for and the cache lacks, and puts the references in place of the
/// requests. Returns the references.
std::set<std::string> ensure_packages(Spec& spec, Store& store, const Platform& platform,
                                      BuildLock& lock, Reporter& reporter);

/// How images are had, and what they must be.
struct ImageAccess {
    bool always_pull = false; ///< also those that the store has
    RegistryOptions registry = {};
    std::set<std::string> built = {};                     ///< here, so that they are not pulled
    std::function<void(const ResolvedImage&)> check = {}; ///< throws for what may not be used
};

/// The images of a build, each found once, so that what was checked is what is used.
class ImageTable {
public:
    void add(ResolvedImage image, const Platform& platform);
    /// Throws for what was not added.
    const ResolvedImage& at(const Reference& reference, const Platform& platform) const;

private:
    std::map<std::pair<std::string, Platform>, ResolvedImage> images_;
};

/// Sees to it that the store holds all images that the specification names: pulls what it lacks, by
/// the digests of the lock file where one is followed. Throws Diagnostics that point at each
/// reference that cannot be had or may not be used.
ImageTable ensure_images(Spec& spec, Store& store, const Platform& platform,
                         const ImageAccess& access, BuildLock& lock, Reporter& reporter);

} // namespace coracle
