// SPDX-License-Identifier: Apache-2.0
#include "service/runtime_config.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"

namespace coracle::guest {

namespace {

using Json = nlohmann::json;

/// The member of an object, or null for an absent one.
const Json* member(const Json& object, const char* key) {
    auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

[[noreturn]] void wrong(const char* key, const char* wanted) {
    throw Error("runtime.json: '{}' is not {}", key, wanted);
}

std::string text(const Json& object, const char* key) {
    const Json* value = member(object, key);
    if (value == nullptr)
        return "";
    if (!value->is_string())
        wrong(key, "a text");
    auto result = value->get<std::string>();
    if (result.find('\0') != std::string::npos)
        wrong(key, "a text without NUL");
    return result;
}

bool truth(const Json& object, const char* key) {
    const Json* value = member(object, key);
    if (value != nullptr && !value->is_boolean())
        wrong(key, "true or false");
    return value != nullptr && value->get<bool>();
}

const Json& list(const Json& object, const char* key) {
    static const Json empty = Json::array();
    const Json* value = member(object, key);
    if (value != nullptr && !value->is_array())
        wrong(key, "a list");
    return value == nullptr ? empty : *value;
}

std::vector<std::string> texts(const Json& object, const char* key) {
    std::vector<std::string> result;
    for (const auto& item : list(object, key)) {
        if (!item.is_string())
            wrong(key, "a list of texts");
        result.push_back(item.get<std::string>());
    }
    return result;
}

const Json& object(const Json& value, const char* key) {
    if (!value.is_object())
        wrong(key, "a list of objects");
    return value;
}

Mount mount_of(const Json& value) {
    return {.source = text(value, "source"),
            .target = text(value, "destination"),
            .type = text(value, "type"),
            .options = texts(value, "options")};
}

Interface interface_of(const Json& value) {
    Interface result{.name = text(value, "name"),
                     .add = text(value, "add"),
                     .peer = text(value, "peer"),
                     .create_in_root = truth(value, "createInRoot")};
    constexpr size_t longest = 15; // IFNAMSIZ without its NUL
    if (result.name.empty() || result.name.size() > longest || result.peer.size() > longest)
        throw Error("runtime.json: an interface needs a name of 1 to {} bytes", longest);
    if (!result.peer.empty() && result.add.empty())
        result.add = "veth";
    if (result.add == "veth" && result.peer.empty())
        throw Error("runtime.json: interface '{}' of kind veth needs a peer", result.name);
    return result;
}

Restart restart_of(const std::string& word) {
    if (word.empty() || word == "always")
        return Restart::always;
    if (word == "on-failure")
        return Restart::on_failure;
    if (word == "never")
        return Restart::never;
    throw Error("runtime.json: 'restart' is '{}', not always, on-failure or never", word);
}

std::optional<int> timeout_of(const Json& value) {
    const Json* timeout = member(value, "timeout");
    if (timeout == nullptr)
        return std::nullopt;
    constexpr int most = 7 * 24 * 3600;
    if (!timeout->is_number_integer() || *timeout < 0 || *timeout > most)
        wrong("timeout", "a number of seconds up to a week");
    return *timeout == 0 ? std::nullopt : std::optional(timeout->get<int>());
}

} // namespace

RuntimeConfig parse_runtime_config(std::string_view json) {
    Json root = Json::parse(json, nullptr, false);
    if (root.is_discarded() || !root.is_object())
        throw Error("runtime.json: not a JSON object");
    RuntimeConfig result;
    result.cgroups = texts(root, "cgroups");
    for (const auto& item : list(root, "mounts"))
        result.mounts.push_back(mount_of(object(item, "mounts")));
    result.mkdir = texts(root, "mkdir");
    for (const auto& item : list(root, "interfaces"))
        result.interfaces.push_back(interface_of(object(item, "interfaces")));
    if (const Json* binds = member(root, "bindNS")) {
        if (!binds->is_object())
            wrong("bindNS", "an object");
        for (const char* kind : {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"})
            if (auto path = text(*binds, kind); !path.empty())
                result.bind_namespaces.emplace_back(kind, path);
    }
    result.containerd_namespace = text(root, "namespace");
    result.restart = restart_of(text(root, "restart"));
    result.after = texts(root, "after");
    result.timeout = timeout_of(root);
    result.optional = truth(root, "optional");
    return result;
}

RuntimeConfig read_runtime_config(const std::string& bundle) {
    constexpr uint64_t most = 1 << 20;
    auto content = read_file_if_present(bundle + "/runtime.json", most);
    return content ? parse_runtime_config(*content) : RuntimeConfig();
}

} // namespace coracle::guest
