// SPDX-License-Identifier: Apache-2.0
#include "inspect/contents.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "io/hash.h"

namespace coracle {

namespace {

constexpr uint64_t largest_document = 4 << 20;
constexpr uint64_t largest_wanted = 64 << 20;

/// The bundle that a path's file describes: "containers/services/redis" of
/// "containers/services/redis/config.json".
std::optional<std::string> bundle_of(const std::string& path) {
    auto parts = split(path, '/');
    if (parts.size() != 4 || parts[0] != "containers" ||
        (parts[3] != "config.json" && parts[3] != "runtime.json"))
        return std::nullopt;
    return path.substr(0, path.rfind('/'));
}

/// "000-dhcpcd" -> "dhcpcd": LinuxKit numbers what runs once.
std::string without_number(const std::string& name) {
    auto dash = name.find('-');
    bool numbered = dash == 3 && parse_number(name.substr(0, dash)).has_value();
    return numbered ? name.substr(dash + 1) : name;
}

std::string document(const std::map<std::string, std::string>& documents, const std::string& path) {
    auto found = documents.find(path);
    return found == documents.end() ? "" : found->second;
}

} // namespace

size_t ContentsBuilder::component(const std::string& location, const std::string& source) {
    auto [found, added] = components_.try_emplace({location, source}, contents_.components.size());
    if (added)
        contents_.components.push_back({location, source});
    return found->second;
}

void ContentsBuilder::add(const Entry& entry, Source& content, const std::string& location,
                          const std::string& source) {
    const std::string& path = entry.path.str();
    InspectedFile file{.type = entry.type,
                       .mode = entry.mode,
                       .uid = entry.uid,
                       .gid = entry.gid,
                       .size = entry.size,
                       .device_major = entry.device_major,
                       .device_minor = entry.device_minor,
                       .xattrs = entry.xattrs,
                       .component = component(location, source)};
    links_.erase(path);
    documents_.erase(path);
    if (entry.type == EntryType::symlink)
        file.link_target = entry.link_target;
    if (entry.type == EntryType::hard_link) {
        if (!contents_.files.contains(entry.link_target))
            throw Error("the hard link '{}' comes before its target '{}'", path, entry.link_target);
        links_[path] = entry.link_target;
    }
    if (entry.type == EntryType::regular && bundle_of(path) && entry.size <= largest_document) {
        std::string text = read_all(content, largest_document);
        file.sha256 = hash_ ? sha256_hex(text) : "";
        documents_[path] = std::move(text);
    } else if (entry.type == EntryType::regular && !document_.empty() && path == document_) {
        contents_.document = read_all(content, largest_wanted);
        file.sha256 = hash_ ? sha256_hex(*contents_.document) : "";
    } else if (entry.type == EntryType::regular && hash_) {
        HashingSource hashing(content);
        skip(hashing);
        file.sha256 = hashing.hex();
    }
    contents_.files.insert_or_assign(path, std::move(file));
}

void ContentsBuilder::resolve_links() {
    // Names of one file, by the one that has the content.
    std::map<std::string, std::vector<std::string>> names;
    for (const auto& [path, first] : links_) {
        std::string target = first;
        for (size_t steps = 0; links_.contains(target) && steps <= links_.size(); ++steps)
            target = links_.at(target);
        auto found = contents_.files.find(target);
        if (found == contents_.files.end() || found->second.type != EntryType::regular)
            throw Error("the hard link '{}' has no file as its target", path);
        InspectedFile& file = contents_.files.at(path);
        size_t component = file.component;
        file = found->second;
        file.component = component;
        names[target].push_back(path);
    }
    for (auto& [target, all] : names) {
        all.push_back(target);
        const std::string& first = *std::ranges::min_element(all);
        for (const auto& name : all)
            if (name != first)
                contents_.files.at(name).link_target = first;
    }
}

void ContentsBuilder::find_containers() {
    for (const auto& [path, text] : documents_) {
        std::string bundle = *bundle_of(path);
        if (!path.ends_with("/config.json"))
            continue;
        auto parts = split(bundle, '/');
        const auto& component = contents_.components[contents_.files.at(path).component];
        contents_.containers.push_back(
            {.name = without_number(parts[2]),
             .section = parts[1],
             .source = component.source,
             .config_json = text,
             .runtime_json = document(documents_, bundle + "/runtime.json")});
    }
}

Contents ContentsBuilder::finish() {
    resolve_links();
    for (const auto& [path, file] : contents_.files) {
        auto& component = contents_.components[file.component];
        ++component.entries;
        bool counts = file.type == EntryType::regular && file.link_target.empty();
        component.bytes += counts ? file.size : 0;
        contents_.bytes += counts ? file.size : 0;
    }
    find_containers();
    return std::move(contents_);
}

} // namespace coracle
