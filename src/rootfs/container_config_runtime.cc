// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "rootfs/container_config_parts.h"
#include "spec/spec_codecs.h"

namespace coracle {

namespace {

using Json = nlohmann::ordered_json;

// How the container's root comes about: see "The root filesystem" in docs.
std::vector<ContainerMount> root_mounts(const RootLayout& layout, bool readonly) {
    std::string root = layout.bundle + "/rootfs";
    std::string files = layout.files;
    if (files.empty())
        files = readonly ? root : layout.bundle + "/lower";
    if (readonly)
        return {{.destination = root, .source = files, .options = {"bind"}}};
    std::string tmp = layout.bundle + "/tmp";
    return {{.destination = tmp, .type = "tmpfs", .source = "tmpfs"},
            {.destination = tmp, .options = {"remount", "private"}},
            {.destination = root,
             .type = "overlay",
             .source = "overlay",
             .options = {fmt::format("lowerdir={}", files), fmt::format("upperdir={}/upper", tmp),
                         fmt::format("workdir={}/work", tmp)}}};
}

Json interfaces_json(const RuntimeSpec& runtime) {
    Json json = Json::array();
    for (const auto& interface : each(runtime.interfaces)) {
        Json one = Json::object();
        if (!interface.name.value_or("").empty())
            one["name"] = *interface.name;
        if (!interface.add.value_or("").empty())
            one["add"] = *interface.add;
        if (!interface.peer.value_or("").empty())
            one["peer"] = *interface.peer;
        one["createInRoot"] = interface.create_in_root.value_or(false);
        json.push_back(std::move(one));
    }
    return json;
}

Json bind_namespaces_json(const RuntimeSpec& runtime) {
    BindNamespaces names = runtime.bind_namespaces.value_or(BindNamespaces{});
    return {{"cgroup", names.cgroup.value_or("")}, {"ipc", names.ipc.value_or("")},
            {"mnt", names.mnt.value_or("")},       {"net", names.net.value_or("")},
            {"pid", names.pid.value_or("")},       {"user", names.user.value_or("")},
            {"uts", names.uts.value_or("")}};
}

} // namespace

nlohmann::ordered_json runtime_json(const ContainerInput& input, const ImageEntry& entry) {
    RuntimeSpec runtime = entry.runtime.value_or(RuntimeSpec{});
    auto mounts = root_mounts(input.layout, entry.readonly.value_or(false));
    for (const auto& mount : each(runtime.mounts))
        mounts.push_back({mount.destination.value_or(""), mount.type.value_or(""),
                          mount.source.value_or(""), each(mount.options), each(mount.uid_mappings),
                          each(mount.gid_mappings)});
    Json json = {{"cgroups", each(runtime.cgroups)}};
    json["mounts"] = mounts_json(mounts);
    json["mkdir"] = each(runtime.mkdir);
    json["interfaces"] = interfaces_json(runtime);
    json["bindNS"] = bind_namespaces_json(runtime);
    json["namespace"] = runtime.container_namespace.value_or("");
    // Extensions: only there when they are asked for.
    if (entry.restart)
        json["restart"] = name_of(*entry.restart);
    if (entry.after)
        json["after"] = *entry.after;
    if (entry.timeout)
        json["timeout"] = entry.timeout->seconds;
    if (entry.optional)
        json["optional"] = *entry.optional;
    return json;
}

} // namespace coracle
