// SPDX-License-Identifier: Apache-2.0
#include "filesystem/iso9660_names.h"

#include <algorithm>

#include <fmt/format.h>

namespace coracle::iso9660 {

namespace {

constexpr size_t most_together = 30;
constexpr size_t most_extension = 8;

std::string allowed(std::string_view name) {
    std::string text(name);
    for (char& c : text) {
        if (c >= 'a' && c <= 'z')
            c = static_cast<char>(c - 'a' + 'A');
        else if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
            c = '_';
    }
    return text;
}

} // namespace

std::string IsoNames::unique(std::string base, const std::string& extension) {
    size_t most = most_together - extension.size();
    base.resize(std::min(base.size(), most));
    for (unsigned& number = next_[base + "." + extension];; ++number) {
        std::string candidate = base;
        if (number > 0) {
            std::string suffix = fmt::format("{}", number);
            candidate.resize(std::min(base.size(), most - suffix.size()));
            candidate += suffix;
        }
        if (used_.insert(candidate + "." + extension).second)
            return candidate;
    }
}

std::string IsoNames::file(std::string_view name) {
    auto dot = name.rfind('.');
    bool has_extension = dot != name.npos && dot > 0;
    std::string extension = has_extension ? allowed(name.substr(dot + 1)) : "";
    extension.resize(std::min(extension.size(), most_extension));
    std::string base =
        unique(allowed(name.substr(0, has_extension ? dot : name.size())), extension);
    return base + "." + extension + ";1";
}

std::string IsoNames::directory(std::string_view name) { return unique(allowed(name), ""); }

} // namespace coracle::iso9660
