// SPDX-License-Identifier: Apache-2.0
#include "trust/payload.h"

#include <algorithm>
#include <initializer_list>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "oci/json.h"

namespace coracle {

namespace {

using nlohmann::json;

constexpr const char* signature_type = "cosign container image signature";

const json& member(const json& object, const char* key, const std::string& where,
                   std::initializer_list<std::string_view> known) {
    const json* found = json_member(object, key);
    if (!found)
        throw Error("{}: '{}' is missing", where, key);
    std::string name = fmt::format("'{}' of {}", key, where);
    for (const auto& [inner, value] : json_object(*found, name).items())
        if (std::ranges::find(known, inner) == known.end())
            throw Error("{}: '{}' is not known", name, inner.substr(0, 100));
    return *found;
}

} // namespace

Payload Payload::parse(std::string_view text) {
    const std::string where = "the signed text";
    const json document = parse_json(text, where, {.bytes = max_size, .depth = 16});
    json_object(document, where);
    for (const auto& [key, value] : document.items())
        if (key != "critical" && key != "optional")
            throw Error("{}: '{}' is not known", where, key.substr(0, 100));
    const json& critical = member(document, "critical", where, {"identity", "image", "type"});
    if (std::string type = json_required_string(critical, "type", where); type != signature_type)
        throw Error("{} is of type '{}'", where, type.substr(0, 100));
    const json& identity = member(critical, "identity", where, {"docker-reference"});
    const json& image = member(critical, "image", where, {"docker-manifest-digest"});
    return {.identity = json_required_string(identity, "docker-reference", where),
            .digest = Digest::parse(json_required_string(image, "docker-manifest-digest", where))};
}

std::string Payload::str() const {
    nlohmann::ordered_json document;
    document["critical"]["identity"]["docker-reference"] = identity;
    document["critical"]["image"]["docker-manifest-digest"] = digest.str();
    document["critical"]["type"] = signature_type;
    document["optional"] = nullptr;
    return document.dump();
}

} // namespace coracle
