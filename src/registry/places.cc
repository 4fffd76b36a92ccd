// SPDX-License-Identifier: Apache-2.0
#include "registry/places.h"

#include "base/error.h"
#include "registry/mirrors.h"
#include "registry/registries_conf.h"

namespace coracle {

namespace {

bool serves(const ConfiguredMirror& mirror, const Reference& reference) {
    using Use = ConfiguredMirror::Use;
    return mirror.use == Use::always || (mirror.use == Use::by_digest) == !!reference.digest();
}

void check_not_blocked(const Reference& reference, const ConfiguredRegistry& registry) {
    if (registry.blocked)
        throw Error("'{}' is blocked by registries.conf, as all of '{}'", reference.familiar(),
                    registry.prefix);
}

Place home(const Reference& reference, const ConfiguredRegistry* configured) {
    if (!configured)
        return {.reference = reference};
    return {.reference = relocated(reference, *configured, configured->location),
            .insecure = configured->insecure};
}

} // namespace

std::vector<Place> places_of(const Reference& reference, const RegistryOptions& options) {
    RegistriesConf conf = RegistriesConf::of_machine();
    const ConfiguredRegistry* configured = conf.find(reference);
    if (configured)
        check_not_blocked(reference, *configured);
    std::vector<Place> places;
    for (const std::string& url : mirrors_of(reference.registry(), options))
        places.push_back({.reference = reference, .url = url, .mirror = true});
    if (configured)
        for (const ConfiguredMirror& mirror : configured->mirrors)
            if (serves(mirror, reference))
                places.push_back({.reference = relocated(reference, *configured, mirror.location),
                                  .insecure = mirror.insecure,
                                  .mirror = true});
    places.push_back(home(reference, configured));
    return places;
}

Place home_of(const Reference& reference) {
    RegistriesConf conf = RegistriesConf::of_machine();
    const ConfiguredRegistry* configured = conf.find(reference);
    if (configured)
        check_not_blocked(reference, *configured);
    return home(reference, configured);
}

} // namespace coracle
