// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace coracle {

/// What a JSON document from outside may be before it is refused.
struct JsonLimits {
    uint64_t bytes = 4 << 20;
    int depth = 64;
};

/// Parses JSON from outside: refuses too large, too deep, duplicate keys, invalid UTF-8, and
/// trailing text. `name` names the document in errors: Error("NAME is not valid JSON: CAUSE").
nlohmann::json parse_json(std::string_view text, const std::string& name, JsonLimits limits = {});
/// As parse_json(), with the keys kept in their order: for documents that are changed and written
/// again.
nlohmann::ordered_json parse_json_in_order(std::string_view text, const std::string& name,
                                           JsonLimits limits = {});

// Members of an object, checked. An absent member and null are the same. `where` names the object
// in errors: Error("WHERE: 'KEY' is not a string").
const nlohmann::json* json_member(const nlohmann::json& object, const char* key);
const nlohmann::json& json_object(const nlohmann::json& json, const std::string& where);
std::string json_string(const nlohmann::json& object, const char* key, const std::string& where);
std::string json_required_string(const nlohmann::json& object, const char* key,
                                 const std::string& where);
std::optional<uint64_t> json_number(const nlohmann::json& object, const char* key,
                                    const std::string& where);
bool json_bool(const nlohmann::json& object, const char* key, const std::string& where);
std::vector<std::string> json_strings(const nlohmann::json& object, const char* key,
                                      const std::string& where);
std::map<std::string, std::string> json_string_map(const nlohmann::json& object, const char* key,
                                                   const std::string& where);

} // namespace coracle
