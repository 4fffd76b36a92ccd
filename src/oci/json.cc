// SPDX-License-Identifier: Apache-2.0
#include "oci/json.h"

#include <set>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace coracle {

namespace {

// What nlohmann says, without its "[json.exception.parse_error.101] parse error at line 1, ".
std::string cause_of(const nlohmann::json::exception& error) {
    std::string text = error.what();
    if (auto bracket = text.find("] "); bracket != std::string::npos)
        text.erase(0, bracket + 2);
    constexpr std::string_view prefix = "parse error at ";
    if (text.starts_with(prefix))
        text.erase(0, prefix.size());
    return text.substr(0, 300);
}

/// Watches depth and keys while a document is parsed.
class Watch {
public:
    Watch(const std::string& name, int depth) : name_(name), depth_(depth) {}

    template <class Json>
    bool operator()(int depth, nlohmann::detail::parse_event_t event, const Json& parsed) {
        using enum nlohmann::detail::parse_event_t;
        if (depth >= depth_)
            throw Error("{} is nested more than {} levels deep", name_, depth_);
        if (event == object_start)
            keys_.emplace_back();
        else if (event == object_end)
            keys_.pop_back();
        else if (event == key && !keys_.back().insert(parsed.template get<std::string>()).second)
            throw Error("{} has the key '{}' twice in one object", name_,
                        parsed.template get<std::string>());
        return true;
    }

private:
    const std::string& name_;
    int depth_;
    std::vector<std::set<std::string>> keys_;
};

template <class Json>
Json parse(std::string_view text, const std::string& name, const JsonLimits& limits) {
    if (text.size() > limits.bytes)
        throw Error("{} is larger than {}", name, human_size(limits.bytes));
    Watch watch(name, limits.depth);
    try {
        return Json::parse(text.begin(), text.end(), [&](int depth, auto event, Json& parsed) {
            return watch(depth, event, parsed);
        });
    } catch (const nlohmann::json::exception& error) {
        throw Error("{} is not valid JSON: {}", name, cause_of(error));
    }
}

[[noreturn]] void refuse(const std::string& where, const char* key, std::string_view what) {
    throw Error("{}: '{}' is not {}", where, key, what);
}

} // namespace

nlohmann::json parse_json(std::string_view text, const std::string& name, JsonLimits limits) {
    return parse<nlohmann::json>(text, name, limits);
}

nlohmann::ordered_json parse_json_in_order(std::string_view text, const std::string& name,
                                           JsonLimits limits) {
    return parse<nlohmann::ordered_json>(text, name, limits);
}

const nlohmann::json* json_member(const nlohmann::json& object, const char* key) {
    auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

const nlohmann::json& json_object(const nlohmann::json& json, const std::string& where) {
    if (!json.is_object())
        throw Error("{} is not a JSON object", where);
    return json;
}

std::string json_string(const nlohmann::json& object, const char* key, const std::string& where) {
    const auto* member = json_member(object, key);
    if (!member)
        return "";
    if (!member->is_string())
        refuse(where, key, "a string");
    return member->get<std::string>();
}

std::string json_required_string(const nlohmann::json& object, const char* key,
                                 const std::string& where) {
    std::string text = json_string(object, key, where);
    if (text.empty())
        throw Error("{}: '{}' is missing", where, key);
    return text;
}

std::optional<uint64_t> json_number(const nlohmann::json& object, const char* key,
                                    const std::string& where) {
    const auto* member = json_member(object, key);
    if (!member)
        return std::nullopt;
    if (!member->is_number_unsigned())
        refuse(where, key, "a whole number of 0 or more");
    return member->get<uint64_t>();
}

bool json_bool(const nlohmann::json& object, const char* key, const std::string& where) {
    const auto* member = json_member(object, key);
    if (!member)
        return false;
    if (!member->is_boolean())
        refuse(where, key, "true or false");
    return member->get<bool>();
}

std::vector<std::string> json_strings(const nlohmann::json& object, const char* key,
                                      const std::string& where) {
    std::vector<std::string> result;
    const auto* member = json_member(object, key);
    if (!member)
        return result;
    if (!member->is_array())
        refuse(where, key, "a list");
    for (const auto& item : *member) {
        if (!item.is_string())
            refuse(where, key, "a list of strings");
        result.push_back(item.get<std::string>());
    }
    return result;
}

std::map<std::string, std::string> json_string_map(const nlohmann::json& object, const char* key,
                                                   const std::string& where) {
    std::map<std::string, std::string> result;
    const auto* member = json_member(object, key);
    if (!member)
        return result;
    if (!member->is_object())
        refuse(where, key, "an object");
    for (const auto& [name, value] : member->items()) {
        if (!value.is_string())
            refuse(where, key, "an object of strings");
        result.emplace(name, value.get<std::string>());
    }
    return result;
}

} // namespace coracle
