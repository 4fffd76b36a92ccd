// SPDX-License-Identifier: Apache-2.0
#include "inspect/container.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "oci/json.h"

namespace coracle {

namespace {

using Json = nlohmann::json;

const Json& object_at(const Json& json, const char* key, const std::string& where) {
    static const Json none = Json::object();
    const Json* member = json_member(json, key);
    return member == nullptr ? none : json_object(*member, where + "." + key);
}

/// The objects of a list.
std::vector<Json> objects_at(const Json& json, const char* key, const std::string& where) {
    const Json* member = json_member(json, key);
    if (member == nullptr)
        return {};
    if (!member->is_array())
        throw Error("{}: '{}' is not a list", where, key);
    std::vector<Json> all;
    for (const auto& one : *member)
        all.push_back(json_object(one, where + "." + key));
    return all;
}

std::vector<InspectedMount> mounts_of(const Json& config, const std::string& where) {
    std::vector<InspectedMount> mounts;
    for (const auto& mount : objects_at(config, "mounts", where))
        mounts.push_back(
            {json_string(mount, "source", where), json_string(mount, "destination", where),
             json_string(mount, "type", where), json_strings(mount, "options", where)});
    return mounts;
}

std::vector<std::string> namespaces_of(const Json& linux_part, const std::string& where) {
    std::vector<std::string> namespaces;
    for (const auto& one : objects_at(linux_part, "namespaces", where)) {
        std::string path = json_string(one, "path", where);
        namespaces.push_back(json_string(one, "type", where) +
                             (path.empty() ? "" : fmt::format(" ({})", path)));
    }
    return namespaces;
}

std::vector<std::string> devices_of(const Json& linux_part, const std::string& where) {
    std::vector<std::string> devices;
    const Json& resources = object_at(linux_part, "resources", where);
    for (const auto& rule : objects_at(resources, "devices", where))
        if (devices.empty() && json_bool(rule, "allow", where) &&
            !json_number(rule, "major", where))
            devices.emplace_back("all");
    for (const auto& device : objects_at(linux_part, "devices", where))
        devices.push_back(json_string(device, "path", where));
    return devices;
}

} // namespace

bool InspectedMount::is_bind() const {
    return type == "bind" || std::ranges::find(options, "bind") != options.end() ||
           std::ranges::find(options, "rbind") != options.end();
}

bool InspectedMount::is_usual() const {
    static constexpr std::array<std::string_view, 7> usual{
        "/dev", "/dev/mqueue", "/dev/pts", "/dev/shm", "/proc", "/sys", "/sys/fs/cgroup"};
    return !is_bind() && std::ranges::find(usual, destination) != usual.end();
}

ContainerFacts facts_of(const InspectedContainer& container) {
    std::string where = fmt::format("config.json of {}", container.name);
    Json document = parse_json(container.config_json, where);
    const Json& config = json_object(document, where);
    const Json& process = object_at(config, "process", where);
    const Json& linux_part = object_at(config, "linux", where);
    const Json& user = object_at(process, "user", where);
    ContainerFacts facts;
    facts.command = json_strings(process, "args", where);
    facts.capabilities = json_strings(object_at(process, "capabilities", where), "bounding", where);
    facts.mounts = mounts_of(config, where);
    facts.devices = devices_of(linux_part, where);
    facts.namespaces = namespaces_of(linux_part, where);
    facts.readonly = json_bool(object_at(config, "root", where), "readonly", where);
    facts.user = fmt::format("{}:{}", json_number(user, "uid", where).value_or(0),
                             json_number(user, "gid", where).value_or(0));
    if (container.runtime_json.empty())
        return facts;
    where = fmt::format("runtime.json of {}", container.name);
    Json runtime = parse_json(container.runtime_json, where);
    facts.restart = json_string(json_object(runtime, where), "restart", where);
    return facts;
}

} // namespace coracle
