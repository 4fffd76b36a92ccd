// SPDX-License-Identifier: Apache-2.0
#include "store/import_docker.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "io/compress.h"
#include "oci/image_config.h"
#include "oci/json.h"
#include "oci/media_types.h"

namespace coracle {

namespace {

constexpr const char* document = "manifest.json of the archive";

/// Where a link in the archive leads; it may not leave the archive.
std::string follow(const std::string& path, const std::string& target) {
    auto parts = split(path, '/');
    parts.pop_back();
    for (const std::string& part : split(target, '/')) {
        if (part == ".." && parts.empty())
            throw Error("the link '{}' of the archive leads out of it", path);
        if (part == "..")
            parts.pop_back();
        else if (part != "." && !part.empty())
            parts.push_back(part);
    }
    return join(parts, "/");
}

Descriptor file_at(const ArchiveContent& content, std::string path) {
    if (auto link = content.links.find(path); link != content.links.end())
        path = follow(path, link->second);
    auto found = content.files.find(path);
    if (found == content.files.end())
        throw Error("the archive has no file '{}', which its manifest.json names", path);
    return found->second;
}

Descriptor layer_at(Store& store, const ArchiveContent& content, const std::string& path) {
    Descriptor layer = file_at(content, path);
    std::string head(8, '\0');
    head.resize(read_full(*store.read(layer), head));
    layer.media_type = layer_type(detect_compression(head));
    return layer;
}

Manifest manifest_of(Store& store, const ArchiveContent& content, const nlohmann::json& entry) {
    json_object(entry, document);
    Manifest manifest{
        .media_type = std::string(media_type::oci_manifest),
        .config = file_at(content, json_required_string(entry, "Config", document)),
    };
    manifest.config.media_type = media_type::oci_config;
    for (const std::string& path : json_strings(entry, "Layers", document))
        manifest.layers.push_back(layer_at(store, content, path));
    auto config = ImageConfig::parse(store.read_document(manifest.config), "configuration");
    for (size_t i = 0; i < manifest.layers.size() && i < config.diff_ids.size(); ++i)
        if (manifest.layers[i].media_type == media_type::oci_layer &&
            manifest.layers[i].digest != config.diff_ids[i])
            throw Error("layer {} of the archive is damaged: its configuration speaks of {}", i,
                        config.diff_ids[i].str());
    return manifest;
}

} // namespace

std::vector<Imported> images_of_docker(Store& store, const ArchiveContent& content) {
    nlohmann::json list = parse_json(content.documents.at("manifest.json"), document);
    if (!list.is_array())
        throw Error("{} is not a list", document);
    std::vector<Imported> result;
    for (const auto& entry : list) {
        Manifest manifest = manifest_of(store, content, entry);
        Descriptor root = store.put(manifest.str(), manifest.media_type);
        auto names = json_strings(entry, "RepoTags", document);
        if (names.empty())
            names.emplace_back();
        for (std::string& name : names)
            result.push_back({std::move(name), root});
    }
    return result;
}

} // namespace coracle
