// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "rootfs/container_config_parts.h"
#include "spec/rules.h"

namespace coracle {

namespace {

using Json = nlohmann::ordered_json;

bool is_word(const std::string& text, std::string_view lower) {
    return std::ranges::equal(text, lower, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

Json capabilities_json(const ImageEntry& entry) {
    Strings effective = expand_capabilities(each(entry.capabilities));
    Strings ambient = expand_capabilities(each(entry.ambient));
    std::set<std::string> bounding(effective.begin(), effective.end());
    bounding.insert(ambient.begin(), ambient.end());
    Json json = Json::object();
    if (!bounding.empty())
        json["bounding"] = bounding;
    if (!effective.empty())
        json["effective"] = effective;
    if (!bounding.empty()) {
        json["inheritable"] = bounding;
        json["permitted"] = bounding;
    }
    if (!ambient.empty())
        json["ambient"] = ambient;
    return json;
}

Json user_json(const ContainerInput& input, const ImageEntry& entry) {
    EntryFault fault(input, entry);
    auto number = [&](const std::string& key, const std::optional<Id>& id) -> uint32_t {
        try {
            return resolve_id(id, input.ids);
        } catch (const Error& error) {
            fault.fail(key, error.message(), error.hint());
        }
    };
    Json json = {{"uid", number("uid", entry.uid)}, {"gid", number("gid", entry.gid)}};
    const auto& gids = each(entry.additional_gids);
    for (size_t i = 0; i < gids.size(); ++i)
        json["additionalGids"].push_back(number(fmt::format("additionalGids[{}]", i), gids[i]));
    return json;
}

Strings arguments(const ContainerInput& input, const ImageEntry& entry) {
    if (entry.command)
        return *entry.command;
    Strings result = input.image.entrypoint;
    result.insert(result.end(), input.image.cmd.begin(), input.image.cmd.end());
    return result;
}

std::string directory(const ContainerInput& input, const ImageEntry& entry) {
    if (entry.cwd && !entry.cwd->empty())
        return *entry.cwd;
    return input.image.working_dir.empty() ? "/" : input.image.working_dir;
}

} // namespace

std::vector<std::string> expand_capabilities(const std::vector<std::string>& names) {
    auto all = all_capabilities();
    if (std::ranges::any_of(names, [](const auto& name) { return is_word(name, "all"); }))
        return {all.begin(), all.end()};
    Strings result;
    for (const auto& name : names)
        if (!is_word(name, "none") && std::ranges::find(result, name) == result.end())
            result.push_back(name);
    return result;
}

nlohmann::ordered_json process_json(const ContainerInput& input, const ImageEntry& entry) {
    Json json = {{"terminal", false}};
    json["user"] = user_json(input, entry);
    json["args"] = arguments(input, entry);
    const auto& env = entry.env ? *entry.env : input.image.env;
    if (!env.empty())
        json["env"] = env;
    json["cwd"] = directory(input, entry);
    json["capabilities"] = capabilities_json(entry);
    for (const auto& text : each(entry.rlimits)) {
        Rlimit limit = parse_rlimit(text);
        json["rlimits"].push_back(
            {{"type", limit.type}, {"hard", limit.hard}, {"soft", limit.soft}});
    }
    if (entry.no_new_privileges.value_or(false))
        json["noNewPrivileges"] = true;
    if (entry.oom_score_adj)
        json["oomScoreAdj"] = *entry.oom_score_adj;
    return json;
}

} // namespace coracle
