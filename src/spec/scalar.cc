// SPDX-License-Identifier: Apache-2.0
#include "spec/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "spec/node.h"

namespace coracle {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<uint64_t> digits(std::string_view text, int base) {
    uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

// Go's strconv.ParseUint with base 0, and yaml.v3's 0o.
std::optional<uint64_t> magnitude(std::string_view text) {
    if (text.size() > 1 && text[0] == '0') {
        switch (text[1]) {
        case 'x':
        case 'X': return digits(text.substr(2), 16);
        case 'b':
        case 'B': return digits(text.substr(2), 2);
        case 'o':
        case 'O': return digits(text.substr(2), 8);
        default: return digits(text.substr(1), 8);
        }
    }
    return digits(text, 10);
}

std::optional<Scalar> integer(std::string_view text) {
    bool negative = text.starts_with('-');
    if (negative || text.starts_with('+'))
        text.remove_prefix(1);
    auto value = magnitude(text);
    if (!value)
        return std::nullopt;
    constexpr auto most = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    if (*value > most + (negative ? 1 : 0)) {
        if (negative)
            return std::nullopt;
        return Scalar{.type = ScalarType::real, .real = static_cast<double>(*value)};
    }
    auto number = static_cast<int64_t>(negative ? 0 - *value : *value);
    return Scalar{
        .type = ScalarType::integer, .integer = number, .real = static_cast<double>(number)};
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_real(std::string_view text) {
    size_t at = 0;
    auto run = [&] {
        size_t begin = at;
        while (at < text.size() && is_digit(text[at]))
            ++at;
        return at - begin;
    };
    if (at < text.size() && (text[at] == '-' || text[at] == '+'))
        ++at;
    size_t before = run();
    size_t after = 0;
    if (at < text.size() && text[at] == '.') {
        ++at;
        after = run();
    }
    if (before + after == 0)
        return false;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '-' || text[at] == '+'))
            ++at;
        if (run() == 0)
            return false;
    }
    return at == text.size();
}

std::optional<Scalar> real(std::string_view text) {
    if (!looks_real(text))
        return std::nullopt;
    if (text.starts_with('+'))
        text.remove_prefix(1);
    double value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range)
        return std::nullopt;
    return Scalar{.type = ScalarType::real, .real = value};
}

template <size_t size>
bool is_one_of(std::string_view text, const std::array<std::string_view, size>& words) {
    return std::ranges::find(words, text) != words.end();
}

} // namespace

Scalar resolve_plain(std::string_view text) {
    constexpr std::array<std::string_view, 5> nulls = {"", "~", "null", "Null", "NULL"};
    constexpr std::array<std::string_view, 3> yes = {"true", "True", "TRUE"};
    constexpr std::array<std::string_view, 3> no = {"false", "False", "FALSE"};
    constexpr std::array<std::string_view, 12> special = {".inf",  ".Inf",  ".INF",  "+.inf",
                                                          "+.Inf", "+.INF", "-.inf", "-.Inf",
                                                          "-.INF", ".nan",  ".NaN",  ".NAN"};
    // A date is a time to Go, but one that its JSON schema sees as a text: a text it is.
    if (is_one_of(text, nulls))
        return {.type = ScalarType::null};
    if (is_one_of(text, yes))
        return {.type = ScalarType::boolean, .boolean = true};
    if (is_one_of(text, no))
        return {.type = ScalarType::boolean};
    if (is_one_of(text, special))
        return {.type = ScalarType::real, .real = std::nan("")};
    char first = text[0];
    if (!is_digit(first) && first != '-' && first != '+' && first != '.')
        return {};
    if (text.size() > 64)
        return {};
    std::string bare(text);
    std::erase(bare, '_');
    if (auto number = first == '.' ? std::nullopt : integer(bare))
        return *number;
    return real(bare).value_or(Scalar{});
}

Scalar resolve_scalar(const Node& node) {
    if (node.tag == "!!str" || node.tag == "!!binary" || node.tag == "!!timestamp")
        return {};
    bool numeric = node.tag == "!!int" || node.tag == "!!float" || node.tag == "!!bool" ||
                   node.tag == "!!null";
    if (numeric || (node.plain && node.tag.empty()))
        return resolve_plain(node.text);
    return {};
}

} // namespace coracle
