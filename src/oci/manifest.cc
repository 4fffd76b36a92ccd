// SPDX-License-Identifier: Apache-2.0
#include "oci/manifest.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "oci/json.h"
#include "oci/media_types.h"

namespace coracle {

namespace {

using nlohmann::json;

std::vector<Descriptor> descriptors(const json& document, const char* key, size_t limit,
                                    const std::string& name) {
    std::vector<Descriptor> result;
    const json* list = json_member(document, key);
    if (!list)
        return result;
    if (!list->is_array())
        throw Error("{}: '{}' is not a list", name, key);
    if (list->size() > limit)
        throw Error("{} has {} {}; the limit is {}", name, list->size(), key, limit);
    for (const json& item : *list)
        result.push_back(
            Descriptor::from_json(item, fmt::format("{}[{}] in {}", key, result.size(), name)));
    return result;
}

std::optional<Descriptor> subject_of(const json& document, const std::string& name) {
    const json* subject = json_member(document, "subject");
    if (!subject)
        return std::nullopt;
    return Descriptor::from_json(*subject, fmt::format("subject in {}", name));
}

// An OCI document need not say what it is; then its members tell, and there must be no doubt
// (CVE-2021-41190).
bool looks_like_index(const json& document, const std::string& name) {
    bool index = document.contains("manifests");
    bool manifest = document.contains("config") || document.contains("layers");
    if (document.contains("fsLayers") || document.contains("signatures"))
        throw Error("{} is an image manifest of schema 1, which is obsolete and not supported",
                    name)
            .hint("push the image again with a current tool");
    if (index && manifest)
        throw Error("{} is a manifest and an index at once", name);
    if (!index && !manifest)
        throw Error("{} is neither an image manifest nor an index", name);
    return index;
}

std::string type_of(const json& document, bool index, const std::string& name) {
    std::string type = json_string(document, "mediaType", name);
    if (type.empty())
        return std::string(index ? media_type::oci_index : media_type::oci_manifest);
    if (index ? !media_type::is_index(type) : !media_type::is_manifest(type))
        throw Error("{} says it is '{}', but has the content of an image {}", name,
                    type.substr(0, 200), index ? "index" : "manifest");
    return type;
}

json parse_document(std::string_view text, const std::string& name) {
    json document = parse_json(text, name);
    json_object(document, name);
    auto version = json_number(document, "schemaVersion", name);
    if (version == 1)
        throw Error("{} is an image manifest of schema 1, which is obsolete and not supported",
                    name)
            .hint("push the image again with a current tool");
    if (version != 2)
        throw Error("{}: 'schemaVersion' is not 2", name);
    return document;
}

Manifest manifest_from(const json& document, const std::string& name) {
    const json* config = json_member(document, "config");
    if (!config)
        throw Error("{}: 'config' is missing", name);
    return {
        .media_type = type_of(document, false, name),
        .config = Descriptor::from_json(*config, fmt::format("config in {}", name)),
        .layers = descriptors(document, "layers", Manifest::max_layers, name),
        .annotations = json_string_map(document, "annotations", name),
        .artifact_type = json_string(document, "artifactType", name),
        .subject = subject_of(document, name),
    };
}

Index index_from(const json& document, const std::string& name) {
    return {
        .media_type = type_of(document, true, name),
        .manifests = descriptors(document, "manifests", Index::max_manifests, name),
        .annotations = json_string_map(document, "annotations", name),
        .artifact_type = json_string(document, "artifactType", name),
        .subject = subject_of(document, name),
    };
}

nlohmann::ordered_json list_of(const std::vector<Descriptor>& descriptors) {
    auto list = nlohmann::ordered_json::array();
    for (const Descriptor& descriptor : descriptors)
        list.push_back(descriptor.to_json());
    return list;
}

template <class Document>
void add_optional(nlohmann::ordered_json& output, const Document& document) {
    if (document.subject)
        output["subject"] = document.subject->to_json();
    if (!document.annotations.empty())
        output["annotations"] = document.annotations;
}

template <class Document>
nlohmann::ordered_json head_of(const Document& document) {
    nlohmann::ordered_json output;
    output["schemaVersion"] = 2;
    output["mediaType"] = document.media_type;
    if (!document.artifact_type.empty())
        output["artifactType"] = document.artifact_type;
    return output;
}

} // namespace

Manifest Manifest::parse(std::string_view text, const std::string& name) {
    json document = parse_document(text, name);
    if (looks_like_index(document, name))
        throw Error("{} is an index, not an image manifest", name);
    return manifest_from(document, name);
}

Index Index::parse(std::string_view text, const std::string& name) {
    json document = parse_document(text, name);
    if (!looks_like_index(document, name))
        throw Error("{} is an image manifest, not an index", name);
    return index_from(document, name);
}

std::string Manifest::str() const {
    auto output = head_of(*this);
    output["config"] = config.to_json();
    output["layers"] = list_of(layers);
    add_optional(output, *this);
    return output.dump();
}

std::string Index::str() const {
    auto output = head_of(*this);
    output["manifests"] = list_of(manifests);
    add_optional(output, *this);
    return output.dump();
}

uint64_t Manifest::content_size() const {
    uint64_t sum = config.size;
    for (const Descriptor& layer : layers)
        sum += layer.size;
    return sum;
}

std::variant<Manifest, Index>
parse_manifest_or_index(std::string_view text, std::string_view expected, const std::string& name) {
    if (expected == media_type::docker_schema1 || expected == media_type::docker_schema1_signed)
        throw Error("{} is an image manifest of schema 1, which is obsolete and not supported",
                    name)
            .hint("push the image again with a current tool");
    json document = parse_document(text, name);
    bool index = looks_like_index(document, name);
    if (!expected.empty() && !media_type::is_index(expected) && !media_type::is_manifest(expected))
        throw Error("{} is said to be '{}', which is neither an image manifest nor an index", name,
                    expected.substr(0, 200));
    if (!expected.empty() && media_type::is_index(expected) != index)
        throw Error("{} is said to be '{}', but has the content of an image {}", name, expected,
                    index ? "index" : "manifest");
    if (index)
        return index_from(document, name);
    return manifest_from(document, name);
}

} // namespace coracle
