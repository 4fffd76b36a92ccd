// SPDX-License-Identifier: Apache-2.0
#include "oci/image_config.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "oci/json.h"

namespace coracle {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr size_t max_diff_ids = 1024;
constexpr size_t max_history = 4096;

std::vector<std::string> keys_of(const json& object, const char* key, const std::string& where) {
    std::vector<std::string> result;
    const json* member = json_member(object, key);
    if (!member)
        return result;
    json_object(*member, fmt::format("{}: '{}'", where, key));
    for (const auto& [name, value] : member->items())
        result.push_back(name);
    return result;
}

void read_process(const json& process, const std::string& where, ImageConfig& config) {
    json_object(process, where);
    config.entrypoint = json_strings(process, "Entrypoint", where);
    config.cmd = json_strings(process, "Cmd", where);
    config.env = json_strings(process, "Env", where);
    config.working_dir = json_string(process, "WorkingDir", where);
    config.user = json_string(process, "User", where);
    config.stop_signal = json_string(process, "StopSignal", where);
    config.exposed_ports = keys_of(process, "ExposedPorts", where);
    config.volumes = keys_of(process, "Volumes", where);
    config.labels = json_string_map(process, "Labels", where);
}

std::vector<Digest> read_diff_ids(const json& document, const std::string& name) {
    std::vector<Digest> result;
    const json* rootfs = json_member(document, "rootfs");
    if (!rootfs)
        return result;
    json_object(*rootfs, name + ": 'rootfs'");
    auto texts = json_strings(*rootfs, "diff_ids", name + ": 'rootfs'");
    if (texts.size() > max_diff_ids)
        throw Error("{} has {} diff_ids; the limit is {}", name, texts.size(), max_diff_ids);
    for (const std::string& text : texts)
        result.push_back(
            within([&] { return "in diff_ids of " + name; }, [&] { return Digest::parse(text); }));
    return result;
}

std::vector<HistoryEntry> read_history(const json& document, const std::string& name) {
    std::vector<HistoryEntry> result;
    const json* list = json_member(document, "history");
    if (!list)
        return result;
    if (!list->is_array() || list->size() > max_history)
        throw Error("{}: 'history' is not a list of at most {} entries", name, max_history);
    for (const json& item : *list) {
        std::string where = fmt::format("history[{}] in {}", result.size(), name);
        json_object(item, where);
        result.push_back(
            {json_string(item, "created", where), json_string(item, "created_by", where),
             json_string(item, "comment", where), json_bool(item, "empty_layer", where)});
    }
    return result;
}

void set(ordered_json& object, const char* key, const std::string& value) {
    if (!value.empty())
        object[key] = value;
}

void set(ordered_json& object, const char* key, const std::vector<std::string>& value) {
    if (!value.empty())
        object[key] = value;
}

void set_keys(ordered_json& object, const char* key, const std::vector<std::string>& names) {
    for (const std::string& name : names)
        object[key][name] = ordered_json::object();
}

ordered_json process_of(const ImageConfig& config) {
    ordered_json process = ordered_json::object();
    set(process, "User", config.user);
    set_keys(process, "ExposedPorts", config.exposed_ports);
    set(process, "Env", config.env);
    set(process, "Entrypoint", config.entrypoint);
    set(process, "Cmd", config.cmd);
    set_keys(process, "Volumes", config.volumes);
    set(process, "WorkingDir", config.working_dir);
    if (!config.labels.empty())
        process["Labels"] = config.labels;
    set(process, "StopSignal", config.stop_signal);
    return process;
}

ordered_json history_of(const ImageConfig& config) {
    ordered_json list = ordered_json::array();
    for (const HistoryEntry& entry : config.history) {
        ordered_json object = ordered_json::object();
        set(object, "created", entry.created);
        set(object, "created_by", entry.created_by);
        set(object, "comment", entry.comment);
        if (entry.empty_layer)
            object["empty_layer"] = true;
        list.push_back(std::move(object));
    }
    return list;
}

} // namespace

ImageConfig ImageConfig::parse(std::string_view text, const std::string& name) {
    json document = parse_json(text, name);
    json_object(document, name);
    ImageConfig result;
    result.platform =
        Platform::of(json_string(document, "os", name), json_string(document, "architecture", name),
                     json_string(document, "variant", name));
    result.created = json_string(document, "created", name);
    result.author = json_string(document, "author", name);
    if (const json* process = json_member(document, "config"))
        read_process(*process, name + ": 'config'", result);
    result.diff_ids = read_diff_ids(document, name);
    result.history = read_history(document, name);
    return result;
}

std::string ImageConfig::str() const {
    ordered_json document;
    set(document, "created", created);
    set(document, "author", author);
    document["architecture"] = platform.architecture;
    document["os"] = platform.os;
    set(document, "variant", platform.variant);
    document["config"] = process_of(*this);
    auto& rootfs = document["rootfs"];
    rootfs["type"] = "layers";
    rootfs["diff_ids"] = ordered_json::array();
    for (const Digest& digest : diff_ids)
        rootfs["diff_ids"].push_back(digest.str());
    if (!history.empty())
        document["history"] = history_of(*this);
    return document.dump();
}

} // namespace coracle
