// SPDX-License-Identifier: Apache-2.0
#include "build/provenance.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "build/system_artifact.h"
#include "oci/reference.h"
#include "registry/url.h"

namespace coracle {

namespace {

using Json = nlohmann::ordered_json;

Json digest_set(const Digest& digest) {
    return Json::object({{std::string(digest.algorithm_name()), digest.hex()}});
}

/// As package URLs name an image (purl specification, type "oci").
std::string image_url(const Reference& reference, const Digest& digest) {
    std::string name = reference.repository();
    std::string url =
        fmt::format("pkg:oci/{}@{}?repository_url={}", name.substr(name.rfind('/') + 1),
                    percent_encode(digest.str()), percent_encode(reference.name()));
    return reference.tag() ? url + "&tag=" + *reference.tag() : url;
}

Json dependencies_of(const LockFile& lock) {
    Json list = Json::array();
    for (const auto& [name, image] : lock.images) {
        Json dependency{{"name", name},
                        {"uri", image_url(Reference::parse(name), image.root)},
                        {"digest", digest_set(image.root)}};
        for (const auto& [platform, digest] : image.manifests)
            dependency["annotations"][platform] = digest.str();
        list.push_back(std::move(dependency));
    }
    for (const auto& [url, digest] : lock.urls)
        list.push_back({{"uri", url}, {"digest", digest_set(digest)}});
    for (const auto& [path, digest] : lock.files)
        list.push_back({{"name", path}, {"digest", digest_set(digest)}});
    return list;
}

} // namespace

std::string provenance_statement(const Manifest& system, const LockFile& lock) {
    Json statement;
    statement["_type"] = "https://in-toto.io/Statement/v1";
    statement["subject"] = Json::array();
    for (const Descriptor& layer : system.layers)
        statement["subject"].push_back(
            {{"name", layer.annotation(annotation::title)}, {"digest", digest_set(layer.digest)}});
    statement["predicateType"] = provenance_predicate;
    Json definition;
    definition["buildType"] = "https://coracle.invalid/build/v1";
    definition["externalParameters"] = Json::object();
    definition["externalParameters"]["specs"] = lock.specs;
    definition["internalParameters"] = Json::object();
    definition["internalParameters"]["packages"] = lock.packages;
    definition["resolvedDependencies"] = dependencies_of(lock);
    Json& predicate = statement["predicate"];
    predicate["buildDefinition"] = std::move(definition);
    predicate["runDetails"]["builder"] = {{"id", "https://coracle.invalid/coracle"},
                                          {"version", {{"coracle", CORACLE_VERSION}}}};
    return statement.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace coracle
