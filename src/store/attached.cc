// SPDX-License-Identifier: Apache-2.0
#include "store/attached.h"

#include <algorithm>
#include <iterator>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "oci/json.h"
#include "store/layout.h"
#include "store/reachable.h"

namespace coracle {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* subject_annotation = "coracle.subject";
constexpr size_t max_attached = 32; ///< to one content
constexpr uint64_t max_index = 64 << 20;

/// What an entry of index.json belongs to, or "". An entry with a name belongs to itself, whatever
/// an archive that it came from has written there.
std::string subject_of(const Json& entry) {
    auto annotations = entry.is_object() ? entry.find("annotations") : entry.end();
    if (!entry.is_object() || annotations == entry.end() || !annotations->is_object())
        return "";
    auto subject = annotations->find(subject_annotation);
    if (annotations->contains(annotation::ref_name) || subject == annotations->end())
        return "";
    return subject->is_string() ? subject->get<std::string>() : "";
}

std::string digest_of(const Json& entry) {
    auto digest = entry.find("digest");
    return digest == entry.end() || !digest->is_string() ? "" : digest->get<std::string>();
}

bool is_among(const std::vector<Descriptor>& manifests, const Json& entry) {
    return std::ranges::find(manifests, digest_of(entry), [](const Descriptor& manifest) {
               return manifest.digest.str();
           }) != manifests.end();
}

bool belongs(const Json& entry, const Digest& subject) {
    return subject_of(entry) == subject.str();
}

} // namespace

void attach(Store& store, const Digest& subject, const std::vector<Descriptor>& manifests) {
    if (manifests.empty())
        return;
    change_index_file(store.directory(), [&](Json& entries) {
        Json result = Json::array();
        Json older = Json::array();
        for (Json& entry : entries)
            (belongs(entry, subject) ? older : result).push_back(std::move(entry));
        size_t count = 0;
        for (const Descriptor& manifest : manifests) {
            Descriptor entry = manifest;
            entry.annotations[subject_annotation] = subject.str();
            if (++count <= max_attached)
                result.push_back(entry.to_json());
        }
        for (Json& entry : older)
            if (!is_among(manifests, entry) && ++count <= max_attached)
                result.push_back(std::move(entry));
        entries = std::move(result);
        return true;
    });
}

std::vector<std::pair<Digest, Descriptor>> attachments(const Store& store) {
    std::string name = fmt::format("'{}/index.json'", store.directory());
    nlohmann::json index =
        parse_json(read_index_file(store.directory()), name, {.bytes = max_index});
    std::vector<std::pair<Digest, Descriptor>> result;
    const nlohmann::json* entries = json_member(json_object(index, name), "manifests");
    if (!entries || !entries->is_array())
        return result;
    for (const auto& entry : *entries) {
        auto subject = Digest::try_parse(subject_of(Json(entry)));
        if (!subject)
            continue;
        Descriptor descriptor = Descriptor::from_json(entry, name);
        descriptor.annotations.erase(subject_annotation);
        result.emplace_back(std::move(*subject), std::move(descriptor));
    }
    return result;
}

std::vector<Descriptor> attached_to(const Store& store, const Digest& subject) {
    std::vector<Descriptor> result;
    for (auto& [belongs_to, descriptor] : attachments(store))
        if (belongs_to == subject)
            result.push_back(std::move(descriptor));
    return result;
}

std::vector<Descriptor> drop_orphans(const Store& store, Json& entries) {
    std::vector<Descriptor> named;
    std::vector<Descriptor> attached;
    for (const Json& entry : entries)
        (subject_of(entry).empty() ? named : attached)
            .push_back(Descriptor::from_json(nlohmann::json(entry), "index.json"));
    if (attached.empty())
        return named;
    auto kept = reachable(store, named);
    auto is_orphan = [&](const std::string& subject) {
        auto digest = Digest::try_parse(subject);
        return !subject.empty() && !(digest && kept.contains(*digest));
    };
    std::erase_if(attached, [&](const Descriptor& entry) {
        return is_orphan(entry.annotation(subject_annotation));
    });
    Json result = Json::array();
    for (Json& entry : entries)
        if (!is_orphan(subject_of(entry)))
            result.push_back(std::move(entry));
    entries = std::move(result);
    std::ranges::move(attached, std::back_inserter(named));
    return named;
}

} // namespace coracle
