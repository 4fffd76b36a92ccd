// SPDX-License-Identifier: Apache-2.0
#include "build/lock_file.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "oci/json.h"
#include "oci/platform.h"
#include "oci/reference.h"

namespace coracle {

namespace {

using nlohmann::json;
using Json = nlohmann::ordered_json;

constexpr uint64_t version = 1;
constexpr const char* version_key = "coracleLock";

void check_members(const json& object, const std::vector<std::string_view>& known,
                   const std::string& where) {
    for (const auto& [key, value] : json_object(object, where).items())
        if (std::ranges::find(known, key) == known.end())
            throw Error("{}: '{}' is not known", where, key.substr(0, 100));
}

LockedImage image_from(const json& item, const std::string& where) {
    check_members(item, {"digest", "platforms"}, where);
    LockedImage image{.root = Digest::parse(json_required_string(item, "digest", where))};
    for (const auto& [platform, digest] : json_string_map(item, "platforms", where))
        image.manifests.emplace(Platform::parse(platform).str(), Digest::parse(digest));
    if (image.manifests.empty())
        throw Error("{} has no platform", where);
    return image;
}

std::map<std::string, Digest> digests_from(const json& document, const char* key,
                                           const std::string& name) {
    std::map<std::string, Digest> result;
    for (const auto& [path, digest] : json_string_map(document, key, name))
        result.emplace(path, Digest::parse(digest));
    return result;
}

Json to_json(const std::map<std::string, Digest>& digests) {
    Json result = Json::object();
    for (const auto& [path, digest] : digests)
        result[path] = digest.str();
    return result;
}

/// All that is pinned, as one list of names with what they mean.
std::map<std::string, std::string> pins_of(const LockFile& lock) {
    std::map<std::string, std::string> pins(lock.packages.begin(), lock.packages.end());
    for (const auto* digests : {&lock.urls, &lock.files})
        for (const auto& [path, digest] : *digests)
            pins.emplace(path, digest.str());
    for (const auto& [name, image] : lock.images)
        for (const auto& [platform, digest] : image.manifests)
            pins.emplace(fmt::format("{} {}", name, platform), digest.str());
    return pins;
}

} // namespace

LockFile LockFile::parse(std::string_view text, const std::string& name) {
    const json document = parse_json(text, name, {.bytes = 4 << 20, .depth = 8});
    check_members(document, {version_key, "specs", "images", "packages", "urls", "files"}, name);
    if (json_number(document, version_key, name) != version)
        throw Error("{} is no lock file of version {}", name, version);
    LockFile lock{.specs = json_strings(document, "specs", name),
                  .packages = json_string_map(document, "packages", name),
                  .urls = digests_from(document, "urls", name),
                  .files = digests_from(document, "files", name)};
    if (const json* images = json_member(document, "images"))
        for (const auto& [reference, image] :
             json_object(*images, fmt::format("'images' of {}", name)).items())
            lock.images.emplace(Reference::parse(reference).full(),
                                image_from(image, fmt::format("'{}' of {}", reference, name)));
    return lock;
}

std::string LockFile::str() const {
    Json document;
    document[version_key] = version;
    document["specs"] = specs;
    document["images"] = Json::object();
    for (const auto& [name, image] : images)
        document["images"][name] = {{"digest", image.root.str()},
                                    {"platforms", to_json(image.manifests)}};
    document["packages"] = packages;
    document["urls"] = to_json(urls);
    document["files"] = to_json(files);
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<std::string> differences(const LockFile& old, const LockFile& fresh) {
    std::vector<std::string> result;
    auto before = pins_of(old);
    auto after = pins_of(fresh);
    for (const auto& [name, value] : after) {
        auto was = before.find(name);
        if (was == before.end())
            result.push_back(fmt::format("{}: {}", name, value));
        else if (was->second != value)
            result.push_back(fmt::format("{}: {} is now {}", name, was->second, value));
    }
    for (const auto& [name, value] : before)
        if (!after.contains(name))
            result.push_back(fmt::format("{}: {} is gone", name, value));
    return result;
}

} // namespace coracle
