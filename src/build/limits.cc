// SPDX-License-Identifier: Apache-2.0
#include "build/limits.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace coracle {

namespace {

/// One name for --limit.
struct Limit {
    std::string_view name;
    std::string_view bounds;
    bool bytes;
    uint64_t most;
    uint64_t (*get)(const Limits&);
    void (*set)(Limits&, uint64_t);
};

constexpr uint64_t any = uint64_t{1} << 60;
constexpr uint64_t longest_name = TarLimits{}.name_bytes;

// Where a whole tree is bounded too, it may hold twice what one layer may.
constexpr auto limits_by_name = std::to_array<Limit>({
    {"unpacked", "bytes that a layer unpacks to", true, any,
     [](const Limits& limits) { return limits.layers.tar.bytes; },
     [](Limits& limits, uint64_t value) {
         limits.layers.tar.bytes = value;
         limits.layers.unpacked_bytes = value + value / 16; // headers and padding
     }},
    {"entries", "files of a layer; twice as many of an image", false, any,
     [](const Limits& limits) { return limits.layers.tar.entries; },
     [](Limits& limits, uint64_t value) {
         limits.layers.tar.entries = value;
         limits.layers.tree.entries = 2 * value;
     }},
    {"name", "bytes of a file's path in a layer", false, longest_name,
     [](const Limits& limits) { return limits.layers.tar.name_bytes; },
     [](Limits& limits, uint64_t value) { limits.layers.tar.name_bytes = value; }},
    {"header", "bytes of one extended header of a layer", true, any,
     [](const Limits& limits) { return limits.layers.tar.header_bytes; },
     [](Limits& limits, uint64_t value) { limits.layers.tar.header_bytes = value; }},
    {"headers", "bytes of all extended headers of a layer; twice as many of an image's names", true,
     any, [](const Limits& limits) { return limits.layers.tar.all_header_bytes; },
     [](Limits& limits, uint64_t value) {
         limits.layers.tar.all_header_bytes = value;
         limits.layers.tree.header_bytes = 2 * value;
     }},
    {"values", "values of a YAML file, those that aliases repeat counted each time", false, any,
     [](const Limits& limits) -> uint64_t { return limits.values; },
     [](Limits& limits, uint64_t value) { limits.values = value; }},
});

/// "64G" for what has no smaller part than that.
std::string in_short(uint64_t value, bool bytes) {
    size_t power = 0;
    constexpr std::string_view suffixes = "KMGT";
    while (bytes && power < suffixes.size() && value >= 1024 && value % 1024 == 0) {
        value /= 1024;
        ++power;
    }
    return fmt::format("{}{}", value, power > 0 ? suffixes.substr(power - 1, 1) : "");
}

std::optional<uint64_t> parse_value(std::string_view text, const Limit& limit) {
    constexpr std::string_view suffixes = "KMGT";
    unsigned shift = 0;
    if (!text.empty() && limit.bytes)
        if (auto at = suffixes.find(text.back()); at != std::string_view::npos) {
            shift = 10 * (static_cast<unsigned>(at) + 1);
            text.remove_suffix(1);
        }
    auto number = parse_number(text);
    if (!number || *number == 0 || *number > limit.most >> shift)
        return std::nullopt;
    return *number << shift;
}

} // namespace

void set_limit(Limits& limits, std::string_view text) {
    auto equals = text.find('=');
    auto name = text.substr(0, equals);
    auto found = std::ranges::find(limits_by_name, name, &Limit::name);
    if (found == limits_by_name.end()) {
        std::vector<std::string> names;
        for (const auto& limit : limits_by_name)
            names.emplace_back(limit.name);
        throw UsageError("--limit has no '{}'", name)
            .hint(fmt::format("one of {}", join(names, ", ")));
    }
    auto value = equals == std::string_view::npos ? std::nullopt
                                                  : parse_value(text.substr(equals + 1), *found);
    if (!value)
        throw UsageError("--limit '{}' is not {}=NUMBER", text, name)
            .hint(found->most == any ? fmt::format("the default is {}={}", name,
                                                   in_short(found->get({}), found->bytes))
                                     : fmt::format("a number from 1 to {}", found->most));
    found->set(limits, *value);
}

std::string limits_in_words() {
    std::string text;
    for (const auto& limit : limits_by_name)
        text += fmt::format("{}{}={} ({})", text.empty() ? "" : ", ", limit.name,
                            in_short(limit.get({}), limit.bytes), limit.bounds);
    return text;
}

std::string limits_page() {
    std::string text = "| name | bounds | default |\n|---|---|---|\n";
    for (const auto& limit : limits_by_name)
        text += fmt::format("| `{}` | {} | {} |\n", limit.name, limit.bounds,
                            in_short(limit.get({}), limit.bytes));
    return text;
}

} // namespace coracle
