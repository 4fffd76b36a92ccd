// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "oci/reference.h"
#include "registry/options.h"

namespace coracle {

/// A server where an image may be had, and the image's name there.
struct Place {
    Reference reference;
    std::string url = {};  ///< of a mirror that the user named; "" = found by the registry's name
    bool insecure = false; ///< may speak plain HTTP, and its certificate need not be trusted
    bool mirror = false;
};

/// Where an image is pulled from, in order: mirrors of the options, then those of registries.conf,
/// then its registry or what registries.conf puts in its place. Throws where registries.conf blocks
/// it: "registry 'X' is blocked by registries.conf".
std::vector<Place> places_of(const Reference& reference, const RegistryOptions& options);

/// Where an image is pushed to, and asked for when no mirror will do: the last of places_of().
Place home_of(const Reference& reference);

} // namespace coracle
