// SPDX-License-Identifier: Apache-2.0
#include "inspect/difference.h"

#include <algorithm>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "oci/json.h"

namespace coracle {

namespace {

using Json = nlohmann::json;

const char* name_of(EntryType type) {
    switch (type) {
    case EntryType::directory: return "directory";
    case EntryType::symlink: return "symlink";
    case EntryType::character: return "character device";
    case EntryType::block: return "block device";
    case EntryType::fifo: return "fifo";
    case EntryType::regular:
    case EntryType::hard_link: break;
    }
    return "file";
}

std::string from_to(const char* what, const std::string& a, const std::string& b) {
    return fmt::format("{} {} -> {}", what, a.empty() ? "none" : a, b.empty() ? "none" : b);
}

std::vector<std::string> aspects_of(const InspectedFile& a, const InspectedFile& b) {
    std::vector<std::string> aspects;
    if (a.type != b.type)
        return {from_to("type", name_of(a.type), name_of(b.type))};
    if (a.sha256 != b.sha256)
        aspects.emplace_back("content");
    if (a.size != b.size)
        aspects.push_back(from_to("size", human_size(a.size), human_size(b.size)));
    if (a.mode != b.mode)
        aspects.push_back(fmt::format("mode {:04o} -> {:04o}", a.mode, b.mode));
    if (a.uid != b.uid || a.gid != b.gid)
        aspects.push_back(fmt::format("owner {}:{} -> {}:{}", a.uid, a.gid, b.uid, b.gid));
    if (a.link_target != b.link_target)
        aspects.push_back(from_to(a.type == EntryType::symlink ? "target" : "hard link",
                                  a.link_target, b.link_target));
    if (a.device_major != b.device_major || a.device_minor != b.device_minor)
        aspects.push_back(fmt::format("device {}:{} -> {}:{}", a.device_major, a.device_minor,
                                      b.device_major, b.device_minor));
    if (a.xattrs != b.xattrs)
        aspects.emplace_back("extended attributes");
    return aspects;
}

/// Gathers differences by component: those of the newer system in its order, then those that only
/// the older one has.
class Grouping {
public:
    Grouping(const Contents& a, const Contents& b) : a_(a), b_(b) {
        for (const auto& component : b.components)
            group(component.location).source_after = component.source;
        for (const auto& component : a.components)
            group(component.location).source_before = component.source;
    }

    void add(FileDifference difference, const InspectedFile* before, const InspectedFile* after) {
        const auto& component =
            after != nullptr ? b_.components[after->component] : a_.components[before->component];
        group(component.location).files.push_back(std::move(difference));
    }

    std::vector<ComponentDifference> take() {
        std::erase_if(groups_, [](const auto& one) { return one.files.empty(); });
        return std::move(groups_);
    }

private:
    ComponentDifference& group(const std::string& location) {
        auto found = std::ranges::find(groups_, location, &ComponentDifference::location);
        if (found != groups_.end())
            return *found;
        groups_.push_back({location, "", ""});
        return groups_.back();
    }

    const Contents& a_;
    const Contents& b_;
    std::vector<ComponentDifference> groups_;
};

void compare_files(const Contents& a, const Contents& b, Grouping& grouping, Differences& result) {
    std::set<std::string> paths;
    for (const auto& [path, file] : a.files)
        paths.insert(path);
    for (const auto& [path, file] : b.files)
        paths.insert(path);
    for (const auto& path : paths) {
        auto before = a.files.find(path);
        auto after = b.files.find(path);
        if (before == a.files.end()) {
            ++result.added;
            grouping.add({Change::added, path, 0, after->second.size}, nullptr, &after->second);
        } else if (after == b.files.end()) {
            ++result.removed;
            grouping.add({Change::removed, path, before->second.size, 0}, &before->second, nullptr);
        } else if (auto aspects = aspects_of(before->second, after->second); !aspects.empty()) {
            ++result.changed;
            grouping.add({Change::changed, path, before->second.size, after->second.size,
                          std::move(aspects)},
                         &before->second, &after->second);
        }
    }
}

const InspectedContainer* container_like(const Contents& contents,
                                         const InspectedContainer& other) {
    auto same = [&](const InspectedContainer& one) {
        return one.section == other.section && (one.name == other.name || one.section == "image");
    };
    auto found = std::ranges::find_if(contents.containers, same);
    return found == contents.containers.end() ? nullptr : &*found;
}

void add_keys(const char* file, const std::string& a, const std::string& b,
              std::vector<std::string>& keys) {
    for (const auto& key : differing_keys(a, b))
        keys.push_back(fmt::format("{}: {}", file, key));
}

void compare_containers(const Contents& a, const Contents& b, Differences& result) {
    for (const auto& after : b.containers) {
        const InspectedContainer* before = container_like(a, after);
        if (before == nullptr) {
            result.containers.push_back({Change::added, after.section, after.name});
            continue;
        }
        ContainerDifference one{Change::changed, after.section, after.name};
        add_keys("config.json", before->config_json, after.config_json, one.keys);
        add_keys("runtime.json", before->runtime_json, after.runtime_json, one.keys);
        if (!one.keys.empty())
            result.containers.push_back(std::move(one));
    }
    for (const auto& before : a.containers)
        if (container_like(b, before) == nullptr)
            result.containers.push_back({Change::removed, before.section, before.name});
}

void collect_keys(const Json& a, const Json& b, const std::string& prefix,
                  std::vector<std::string>& keys) {
    if (a == b)
        return;
    if (!a.is_object() || !b.is_object()) {
        keys.push_back(prefix.empty() ? "everything" : prefix);
        return;
    }
    std::set<std::string> names;
    for (const auto& [key, value] : a.items())
        names.insert(key);
    for (const auto& [key, value] : b.items())
        names.insert(key);
    for (const auto& name : names)
        collect_keys(a.value(name, Json()), b.value(name, Json()),
                     prefix.empty() ? name : prefix + "." + name, keys);
}

} // namespace

const char* name_of(Change change) {
    switch (change) {
    case Change::added: return "added";
    case Change::removed: return "removed";
    case Change::changed: break;
    }
    return "changed";
}

std::vector<std::string> differing_keys(const std::string& a, const std::string& b) {
    std::vector<std::string> keys;
    if (a == b)
        return keys;
    collect_keys(a.empty() ? Json() : parse_json(a, "the first configuration"),
                 b.empty() ? Json() : parse_json(b, "the second configuration"), "", keys);
    return keys;
}

Differences compare(const Contents& a, const Contents& b) {
    Differences result{.a = a.name, .b = b.name};
    Grouping grouping(a, b);
    compare_files(a, b, grouping, result);
    result.components = grouping.take();
    compare_containers(a, b, result);
    result.bytes_before = a.bytes;
    result.bytes_after = b.bytes;
    return result;
}

} // namespace coracle
