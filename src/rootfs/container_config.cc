// SPDX-License-Identifier: Apache-2.0
#include "rootfs/container_config.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "rootfs/container_config_parts.h"
#include "spec/diagnoser.h"
#include "spec/entry_check.h"
#include "spec/read.h"

namespace coracle {

namespace {

constexpr const char* label_name = "org.mobyproject.config";
constexpr uint32_t first_id = 100;

std::string bind_text(const ContainerMount& mount) {
    return fmt::format("{}:{}:{}", mount.source, mount.destination, join(mount.options, ","));
}

// Those of `all` that are not in `own`.
Strings without(const Strings& all, const Strings& own) {
    Strings result;
    std::ranges::copy_if(all, std::back_inserter(result), [&](const std::string& one) {
        return std::ranges::find(own, one) == own.end();
    });
    return result;
}

std::string text_of(const nlohmann::ordered_json& json) {
    return json.dump(4, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Strings device_paths(const ImageEntry& entry) {
    Strings paths;
    for (const auto& device : each(entry.devices))
        paths.push_back(device.path);
    return paths;
}

void summarize(const ContainerInput& input, const ImageEntry& entry,
               const std::vector<ContainerMount>& mounts, ContainerConfig& config) {
    config.capabilities = expand_capabilities(each(entry.capabilities));
    Strings own = each(input.entry.capabilities);
    own.insert(own.end(), each(input.entry.capabilities_add).begin(),
               each(input.entry.capabilities_add).end());
    config.capabilities_of_label = without(config.capabilities, expand_capabilities(own));
    for (const auto& mount : mounts)
        if (mount.type == "bind")
            config.binds.push_back(bind_text(mount));
    ImageEntry bare = input.entry;
    bare.binds = bare.binds ? bare.binds : bare.binds_add;
    Strings own_binds;
    for (const auto& mount : container_mounts(input, bare))
        if (mount.type == "bind")
            own_binds.push_back(bind_text(mount));
    config.binds_of_label = without(config.binds, own_binds);
    config.devices_of_label = without(device_paths(entry), device_paths(input.entry));
}

// Says what the OCI runtime will refuse, or what has no effect.
void warn(const ContainerInput& input, const ImageEntry& entry, const nlohmann::ordered_json& json,
          ContainerConfig& config) {
    if (json["process"]["args"].empty())
        config.warnings.push_back(fmt::format(
            "'{}' has nothing to run: neither it nor its image has a command", input.entry.name));
    const auto& namespaces = json["linux"]["namespaces"];
    bool own_name =
        std::ranges::any_of(namespaces, [](const auto& one) { return one["type"] == "uts"; });
    if (!entry.hostname.value_or("").empty() && !own_name)
        config.warnings.push_back(
            fmt::format("'{}' cannot have the host name '{}' without 'uts: new'", input.entry.name,
                        *entry.hostname));
}

} // namespace

void EntryFault::fail(const std::string& key, std::string_view message,
                      std::string_view note) const {
    bool in_yaml = entry_.places.contains(key);
    const Location& at = in_yaml ? entry_.place(key) : input_.entry.place("image");
    std::string_view text;
    if (input_.sources)
        for (const auto& source : *input_.sources)
            if (source.name == at.file)
                text = source.text;
    std::string what(message);
    if (!in_yaml)
        what += fmt::format(" (by the label of {})", input_.entry.image.text);
    throw Diagnostics(format_diagnostic(at, text, "error", what, note));
}

IdMap make_ids(const Spec& spec) {
    IdMap ids;
    uint32_t next = first_id;
    for (const auto* entries : {&spec.onboot, &spec.onshutdown, &spec.services})
        for (const auto& entry : each(*entries))
            ids[entry.name] = next++;
    return ids;
}

uint32_t resolve_id(const std::optional<Id>& id, const IdMap& ids) {
    if (!id)
        return 0;
    if (const auto* number = std::get_if<uint32_t>(&*id))
        return *number;
    const auto& name = std::get<std::string>(*id);
    if (name.empty() || name == "root")
        return 0;
    auto found = ids.find(name);
    if (found == ids.end())
        throw Error("cannot find id: {}", name)
            .hint("write a number, root, or the name of a container");
    return found->second;
}

VolumeMap make_volumes(const Spec& spec) {
    VolumeMap volumes;
    for (const auto& volume : each(spec.volumes))
        volumes[volume.name] = volume.readonly.value_or(false);
    return volumes;
}

ImageEntry effective_entry(const ImageEntry& entry, const ImageDefaults& image) {
    auto label = image.labels.find(label_name);
    if (label == image.labels.end() || label->second.empty())
        return overlay({}, entry);
    return overlay(parse_label(label->second, entry.image.text), entry);
}

bool is_readonly(const ImageEntry& entry, const ImageDefaults& image) {
    return effective_entry(entry, image).readonly.value_or(false);
}

std::optional<std::string> seccomp_path(const ImageEntry& entry) {
    if (!names_profile(entry))
        return std::nullopt;
    auto slash = entry.at.file.rfind('/');
    if (entry.seccomp->starts_with('/') || slash == std::string::npos)
        return entry.seccomp;
    return entry.at.file.substr(0, slash + 1) + *entry.seccomp;
}

ContainerConfig make_container_config(const ContainerInput& input) {
    ImageEntry entry = effective_entry(input.entry, input.image);
    auto mounts = container_mounts(input, entry);
    ContainerConfig config;
    config.readonly = entry.readonly.value_or(false);

    nlohmann::ordered_json json = {{"ociVersion", "1.0.2"}};
    json["process"] = process_json(input, entry);
    json["root"] = {{"path", "rootfs"}, {"readonly", config.readonly}};
    if (entry.hostname && !entry.hostname->empty())
        json["hostname"] = *entry.hostname;
    json["mounts"] = mounts_json(mounts);
    if (entry.annotations && !entry.annotations->empty())
        json["annotations"] = *entry.annotations;
    json["linux"] = linux_json(input, entry);
    warn(input, entry, json, config);

    config.config_json = text_of(json);
    config.runtime_json = text_of(runtime_json(input, entry));
    summarize(input, entry, mounts, config);
    return config;
}

} // namespace coracle
