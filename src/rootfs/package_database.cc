// SPDX-License-Identifier: Apache-2.0
#include "rootfs/package_database.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "image/layer.h"

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

namespace {

enum class Database { none, dpkg, apk };

Database database_at(const TreePath& path) {
    static const TreePath dpkg("var/lib/dpkg/status"), dpkg_parts("var/lib/dpkg/status.d"),
        apk("lib/apk/db/installed"), apk_below_usr("usr/lib/apk/db/installed");
    if (path == dpkg || path.parent() == dpkg_parts)
        return Database::dpkg;
    return path == apk || path == apk_below_usr ? Database::apk : Database::none;
}

using Databases = std::map<TreePath, std::vector<InstalledPackage>>;

/// Takes away what a whiteout in the layer above hides.
void hide(Databases& databases, const TreePath& whiteout) {
    bool opaque = whiteout.name() == ".wh..wh..opq";
    TreePath hidden = opaque ? whiteout.parent()
                             : whiteout.parent() / whiteout.name().substr(sizeof ".wh." - 1);
    std::erase_if(databases, [&](const auto& item) { return hidden.contains(item.first); });
}

} // namespace

std::vector<InstalledPackage> installed_packages(const Store& store,
                                                 const std::vector<Descriptor>& layers,
                                                 const LayerLimits& limits) {
    Databases all;
    for (const auto& descriptor : layers) {
        Layer layer(store, descriptor, limits);
        Databases found;
        while (auto entry = layer.next()) {
            std::string_view name = entry->path.name();
            if (name.starts_with(".wh.") && name != ".wh." && name != ".wh.." && name != ".wh...")
                hide(all, entry->path);
            Database kind = database_at(entry->path);
            if (kind == Database::none || entry->type != EntryType::regular)
                continue;
            std::string text = read_all(layer.content(), max_database);
            found[entry->path] =
                kind == Database::dpkg ? parse_dpkg_status(text) : parse_apk_database(text);
        }
        for (auto& [path, packages] : found)
            all.insert_or_assign(path, std::move(packages));
    }
    std::set<InstalledPackage> packages;
    for (const auto& [path, list] : all)
        packages.insert(list.begin(), list.end());
    return {packages.begin(), packages.end()};
}

} // namespace coracle
