// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "oci/json.h"
#include "rootfs/container_config_parts.h"
#include "rootfs/seccomp.h"
#include "spec/json_builder.h"
#include "spec/rules.h"
#include "spec/tables.h"

namespace coracle {

namespace {

using Json = nlohmann::ordered_json;

constexpr uint32_t first_container_id = 100;

bool is_shared(const std::optional<std::string>& value) {
    return !value || value->empty() || *value == "host" || *value == "root";
}

Json namespace_json(const char* type, const std::string& value) {
    Json json = {{"type", type}};
    bool fresh =
        value.empty() || value == "new" || (value == "none" && type == std::string("network"));
    if (!fresh)
        json["path"] = value;
    return json;
}

Json namespaces_json(const ImageEntry& entry) {
    Json json = Json::array();
    if (!is_shared(entry.net))
        json.push_back(namespace_json("network", *entry.net));
    if (!is_shared(entry.ipc))
        json.push_back(namespace_json("ipc", *entry.ipc));
    if (!is_shared(entry.uts))
        json.push_back(namespace_json("uts", *entry.uts));
    std::string pid = entry.pid.value_or("");
    if (pid != "host" && pid != "root")
        json.push_back(namespace_json("pid", pid));
    if (!is_shared(entry.userns))
        json.push_back(namespace_json("user", *entry.userns == "auto" ? "new" : *entry.userns));
    json.push_back({{"type", "mount"}});
    return json;
}

Json mappings_json(const std::optional<std::vector<IdMapping>>& given, int64_t automatic) {
    Json json = Json::array();
    for (const auto& one : each(given))
        json.push_back({{"containerID", one.container_id.value_or(0)},
                        {"hostID", one.host_id.value_or(0)},
                        {"size", one.size.value_or(0)}});
    if (!given && automatic > 0)
        json.push_back({{"containerID", 0}, {"hostID", automatic}, {"size", ids_per_container}});
    return json;
}

// Each container's ids lie behind those of the one before it, the first's from 65536 on.
uint32_t private_ids(const ImageEntry& entry, const std::string& name, const IdMap& ids) {
    auto id = ids.find(name);
    if (entry.userns != "auto" || id == ids.end())
        return 0;
    return ids_per_container * (1 + (id->second - first_container_id));
}

// A rule of the device cgroup knows character and block devices only.
std::string rule_type(const std::string& type) { return type == "u" ? "c" : type; }

void add_devices(const ImageEntry& entry, Json& linux, Json& resources) {
    for (const auto& device : each(entry.devices)) {
        std::string type = device.type.value_or("");
        Json rule = {{"allow", true}};
        if (!type.empty())
            rule["type"] = rule_type(type);
        if (device.path != "all") {
            int64_t major = device.major.value_or(0);
            int64_t minor = device.minor.value_or(0);
            linux["devices"].push_back(
                {{"path", device.path},
                 {"type", type},
                 {"major", major},
                 {"minor", minor},
                 {"fileMode", parse_mode(device.mode.value_or("")).value_or(0)}});
            rule["major"] = major;
            rule["minor"] = minor;
        }
        rule["access"] = "rwm";
        if (type != "p")
            resources["devices"].push_back(std::move(rule));
    }
}

std::string page_size(const HugepageLimit& limit) {
    if (!limit.page_size)
        return {};
    if (const auto* text = std::get_if<std::string>(&*limit.page_size))
        return *text;
    uint32_t bytes = std::get<uint32_t>(*limit.page_size);
    if (bytes % (1U << 30) == 0)
        return fmt::format("{}GB", bytes >> 30);
    if (bytes % (1U << 20) == 0)
        return fmt::format("{}MB", bytes >> 20);
    return fmt::format("{}KB", bytes >> 10);
}

Json resources_json(const ImageEntry& entry) {
    if (!entry.resources)
        return Json::object();
    Json json = json_of(*entry.resources);
    if (json.contains("blockio")) {
        json["blockIO"] = std::move(json["blockio"]);
        json.erase("blockio");
    }
    const auto& limits = each(entry.resources->hugepage_limits);
    for (size_t i = 0; i < limits.size(); ++i)
        if (limits[i].page_size)
            json["hugepageLimits"][i]["pageSize"] = page_size(limits[i]);
    return json;
}

void add_seccomp(const ContainerInput& input, const ImageEntry& entry, Json& linux) {
    if (!entry.seccomp || *entry.seccomp == "unconfined")
        return;
    EntryFault fault(input, entry);
    if (*entry.seccomp == "default") {
        linux["seccomp"] = default_seccomp(expand_capabilities(each(entry.capabilities)),
                                           input.image.architecture);
        return;
    }
    if (input.seccomp_profile.empty())
        fault.fail("seccomp", fmt::format("the seccomp profile '{}' is empty", *entry.seccomp));
    Json profile = parse_json_in_order(input.seccomp_profile, *entry.seccomp);
    if (!profile.is_object() || !profile.contains("defaultAction"))
        fault.fail("seccomp", fmt::format("'{}' is no seccomp profile: it has no defaultAction",
                                          *entry.seccomp));
    linux["seccomp"] = std::move(profile);
}

void add_strings(Json& json, const char* key, const std::optional<Strings>& values) {
    if (!each(values).empty())
        json[key] = *values;
}

} // namespace

nlohmann::ordered_json linux_json(const ContainerInput& input, const ImageEntry& entry) {
    Json json = Json::object();
    int64_t automatic = private_ids(entry, input.entry.name, input.ids);
    if (Json mappings = mappings_json(entry.uid_mappings, automatic); !mappings.empty())
        json["uidMappings"] = std::move(mappings);
    if (Json mappings = mappings_json(entry.gid_mappings, automatic); !mappings.empty())
        json["gidMappings"] = std::move(mappings);
    if (entry.sysctl && !entry.sysctl->empty())
        json["sysctl"] = *entry.sysctl;
    Json resources = resources_json(entry);
    add_devices(entry, json, resources);
    json["resources"] = std::move(resources);
    if (entry.cgroups_path && !entry.cgroups_path->empty())
        json["cgroupsPath"] = *entry.cgroups_path;
    json["namespaces"] = namespaces_json(entry);
    add_seccomp(input, entry, json);
    if (entry.rootfs_propagation && !entry.rootfs_propagation->empty())
        json["rootfsPropagation"] = *entry.rootfs_propagation;
    add_strings(json, "maskedPaths", entry.masked_paths);
    add_strings(json, "readonlyPaths", entry.readonly_paths);
    return json;
}

uint32_t first_private_id(const ImageEntry& entry, const ImageDefaults& image, const IdMap& ids) {
    return private_ids(effective_entry(entry, image), entry.name, ids);
}

} // namespace coracle
