// SPDX-License-Identifier: Apache-2.0
#include "trust/selection.h"

#include <algorithm>

#include "base/error.h"

namespace coracle {

namespace {

bool names(const std::string& image, const Reference& reference) {
    Reference named = Reference::parse(image);
    return named.name() == reference.name() && (!named.tag() || named.tag() == reference.tag()) &&
           (!named.digest() || named.digest() == reference.digest());
}

bool owns(const std::string& organisation, const Reference& reference) {
    return reference.repository().starts_with(organisation + "/") ||
           reference.name().starts_with(organisation + "/");
}

} // namespace

bool selects(const TrustSpec& trust, const Reference& reference) {
    auto named = [&](const std::string& image) { return names(image, reference); };
    auto owned = [&](const std::string& organisation) { return owns(organisation, reference); };
    return (trust.image && std::ranges::any_of(*trust.image, named)) ||
           (trust.org && std::ranges::any_of(*trust.org, owned));
}

} // namespace coracle
