// SPDX-License-Identifier: Apache-2.0
#include "rootfs/package_database.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"

namespace coracle {

namespace {

constexpr uint64_t max_database = 64 << 20;

using Fields = std::map<std::string, std::string, std::less<>>;

/// Paragraphs of "KEY: value" lines with an empty line between; continuation lines are left out.
template <class Take>
void each_paragraph(std::string_view text, std::string_view separator, Take&& take) {
    Fields fields;
    auto flush = [&] {
        if (!fields.empty())
            take(std::exchange(fields, {}));
    };
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (trim(line).empty()) {
            flush();
            continue;
        }
        auto colon = line.find(separator);
        if (colon != std::string_view::npos && line.front() != ' ' && line.front() != '\t')
            fields.try_emplace(std::string(line.substr(0, colon)),
                               trim(line.substr(colon + separator.size())));
    }
    flush();
}

std::string field(const Fields& fields, std::string_view key) {
    auto found = fields.find(key);
    return found == fields.end() ? "" : found->second;
}

std::string percent_encoded(std::string_view text) {
    std::string result;
    for (char c : text) {
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     std::string_view("-._~:").find(c) != std::string_view::npos;
        if (plain)
            result += c;
        else
            result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return result;
}

} // namespace

std::string InstalledPackage::purl() const {
    std::string text = fmt::format("pkg:{}/{}/{}@{}", type, type == "deb" ? "debian" : "alpine",
                                   percent_encoded(name), percent_encoded(version));
    return architecture.empty() ? text : text + "?arch=" + percent_encoded(architecture);
}

std::vector<InstalledPackage> parse_dpkg_status(std::string_view text) {
    std::vector<InstalledPackage> packages;
    each_paragraph(text, ":", [&](const Fields& fields) {
        std::string status = field(fields, "Status");
        bool installed = status.empty() || status.ends_with(" installed");
        if (!installed || field(fields, "Package").empty())
            return;
        std::string source = field(fields, "Source");
        packages.push_back({"deb", field(fields, "Package"), field(fields, "Version"),
                            field(fields, "Architecture"), "",
                            source.substr(0, source.find(' '))});
    });
    return packages;
}

std::vector<InstalledPackage> parse_apk_database(std::string_view text) {
    std::vector<InstalledPackage> packages;
    each_paragraph(text, ":", [&](const Fields& fields) {
        if (!field(fields, "P").empty())
            packages.push_back({"apk", field(fields, "P"), field(fields, "V"), field(fields, "A"),
                                field(fields, "L"), field(fields, "o")});
    });
    return packages;
}

std::vector<InstalledPackage> installed_packages(EntrySource& tree) {
    std::vector<InstalledPackage> packages;
    const TreePath dpkg("var/lib/dpkg/status");
    const TreePath dpkg_parts("var/lib/dpkg/status.d");
    const TreePath apk[] = {TreePath("lib/apk/db/installed"), TreePath("usr/lib/apk/db/installed")};
    while (auto entry = tree.next()) {
        if (entry->type != EntryType::regular)
            continue;
        std::vector<InstalledPackage> found;
        if (entry->path == dpkg || entry->path.parent() == dpkg_parts)
            found = parse_dpkg_status(read_all(tree.content(), max_database));
        else if (std::ranges::find(apk, entry->path) != std::end(apk))
            found = parse_apk_database(read_all(tree.content(), max_database));
        std::ranges::move(found, std::back_inserter(packages));
    }
    std::ranges::sort(packages);
    auto repeated = std::ranges::unique(packages);
    packages.erase(repeated.begin(), repeated.end());
    return packages;
}

} // namespace coracle
