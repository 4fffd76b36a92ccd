// SPDX-License-Identifier: Apache-2.0
#include "oci/platform.h"

#include <algorithm>
#include <cctype>

#include <sys/utsname.h>

#include "base/error.h"
#include "base/text.h"

namespace coracle {

namespace {

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    return text;
}

struct Alias {
    std::string_view name;
    std::string_view architecture;
    std::string_view variant;
};

constexpr Alias aliases[] = {
    {"x86_64", "amd64", ""},    {"x86-64", "amd64", ""},
    {"i386", "386", ""},        {"i486", "386", ""},
    {"i586", "386", ""},        {"i686", "386", ""},
    {"aarch64", "arm64", ""},   {"armhf", "arm", "v7"},
    {"armel", "arm", "v6"},     {"armv7l", "arm", "v7"},
    {"armv6l", "arm", "v6"},    {"armv5l", "arm", "v5"},
    {"ppc64el", "ppc64le", ""}, {"loongarch64", "loong64", ""},
};

// The baseline of an architecture is written without a variant, but for arm, whose is v7.
std::string normal_variant(const std::string& architecture, std::string variant) {
    if (!variant.empty() && std::isdigit(static_cast<unsigned char>(variant.front())))
        variant = "v" + variant;
    if (architecture == "arm")
        return variant.empty() ? "v7" : variant;
    if ((architecture == "arm64" && variant == "v8") ||
        (architecture == "amd64" && variant == "v1"))
        return "";
    return variant;
}

/// The number of "v7"; 0 for "" (the baseline); nullopt for anything else.
std::optional<uint64_t> level(std::string_view variant) {
    if (variant.empty())
        return 0;
    return parse_number(variant.substr(1));
}

bool is_word(std::string_view text) {
    return !text.empty() && text.front() != '.' && std::ranges::all_of(text, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
    });
}

} // namespace

Platform Platform::of(std::string os, std::string architecture, std::string variant) {
    Platform result{lower(std::move(os)), lower(std::move(architecture)),
                    lower(std::move(variant))};
    if (result.os == "macos")
        result.os = "darwin";
    const Alias* alias = std::ranges::find(aliases, result.architecture, &Alias::name);
    if (alias != std::end(aliases)) {
        result.architecture = alias->architecture;
        if (result.variant.empty())
            result.variant = alias->variant;
    }
    result.variant = normal_variant(result.architecture, std::move(result.variant));
    return result;
}

Platform Platform::parse(std::string_view text) {
    auto parts = split(text, '/');
    if (parts.size() > 3)
        throw Error("'{}' is not a platform: it has more than three parts", text);
    if (!std::ranges::all_of(parts, is_word))
        throw Error(
            "'{}' is not a platform: a part may only have letters, digits, '_', '-' and '.'", text)
            .hint("write it like linux/arm64");
    if (parts.size() > 1)
        return of(parts[0], parts[1], parts.size() > 2 ? parts[2] : "");
    if (parts[0] == "linux")
        return of("linux", host().architecture, host().variant);
    return of("linux", parts[0]);
}

Platform Platform::host() {
    utsname name{};
    ::uname(&name);
    return of("linux", name.machine);
}

std::string Platform::str() const {
    std::string text = os + "/" + architecture;
    return variant.empty() ? text : text + "/" + variant;
}

std::optional<unsigned> Platform::distance(const Platform& offered) const {
    if (offered.os != os || offered.architecture != architecture)
        return std::nullopt;
    if (offered.variant == variant)
        return 0;
    auto wanted = level(variant);
    auto found = level(offered.variant);
    if (!wanted || !found || *found > *wanted)
        return std::nullopt;
    return static_cast<unsigned>(std::min<uint64_t>(*wanted - *found, 1000));
}

} // namespace coracle
