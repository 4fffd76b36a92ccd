// SPDX-License-Identifier: Apache-2.0
#include "oci/descriptor.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "oci/json.h"

namespace coracle {

namespace {

constexpr uint64_t max_size = uint64_t{1} << 50;

Platform platform_from(const nlohmann::json& json, const std::string& where) {
    json_object(json, where);
    return Platform::of(json_string(json, "os", where), json_string(json, "architecture", where),
                        json_string(json, "variant", where));
}

} // namespace

Descriptor Descriptor::from_json(const nlohmann::json& json, const std::string& where) {
    json_object(json, where);
    auto size = json_number(json, "size", where);
    if (!size)
        throw Error("{}: 'size' is missing", where);
    if (*size > max_size)
        throw Error("{}: 'size' is {}, which cannot be", where, *size);
    std::string digest = json_required_string(json, "digest", where);
    Descriptor result{
        .media_type = json_required_string(json, "mediaType", where),
        .digest = within([&] { return "in " + where; }, [&] { return Digest::parse(digest); }),
        .size = *size,
        .annotations = json_string_map(json, "annotations", where),
        .artifact_type = json_string(json, "artifactType", where),
    };
    if (const auto* platform = json_member(json, "platform"))
        result.platform = platform_from(*platform, where + ": 'platform'");
    return result;
}

nlohmann::ordered_json Descriptor::to_json() const {
    nlohmann::ordered_json json;
    json["mediaType"] = media_type;
    json["digest"] = digest.str();
    json["size"] = size;
    if (platform) {
        auto& object = json["platform"];
        object["architecture"] = platform->architecture;
        object["os"] = platform->os;
        if (!platform->variant.empty())
            object["variant"] = platform->variant;
    }
    if (!annotations.empty())
        json["annotations"] = annotations;
    if (!artifact_type.empty())
        json["artifactType"] = artifact_type;
    return json;
}

std::string Descriptor::annotation(const std::string& key) const {
    auto found = annotations.find(key);
    return found == annotations.end() ? "" : found->second;
}

} // namespace coracle
