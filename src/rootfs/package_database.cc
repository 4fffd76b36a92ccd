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
                            field(fields, "Architecture"), "", source.substr(0, source.find(' '))});
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

/// What a whiteout hides; nullopt for other names.
std::optional<TreePath> hidden_by(const TreePath& path) {
    std::string_view name = path.name();
    if (!name.starts_with(".wh.") || name == ".wh." || name == ".wh.." || name == ".wh...")
        return std::nullopt;
    bool opaque = name == ".wh..wh..opq";
    return opaque ? path.parent() : path.parent() / name.substr(sizeof ".wh." - 1);
}

/// Whether a database may lie there or below.
bool may_hold_databases(const TreePath& path) {
    static const TreePath places[] = {
        TreePath("var/lib/dpkg/status"), TreePath("var/lib/dpkg/status.d"),
        TreePath("lib/apk/db/installed"), TreePath("usr/lib/apk/db/installed")};
    return std::ranges::any_of(places, [&](const TreePath& place) {
        return path.contains(place) || place.contains(path);
    });
}

void lay_over(const std::vector<LayerWatch::Seen>& layer, Databases& all) {
    Databases found;
    for (const auto& [entry, content] : layer) {
        if (auto hidden = hidden_by(entry.path))
            std::erase_if(all, [&](const auto& item) { return hidden->contains(item.first); });
        else
            found[entry.path] = database_at(entry.path) == Database::dpkg
                                    ? parse_dpkg_status(content)
                                    : parse_apk_database(content);
    }
    for (auto& [path, packages] : found)
        all.insert_or_assign(path, std::move(packages));
}

} // namespace

bool PackageNotes::wants(const Entry& entry) const {
    if (auto hidden = hidden_by(entry.path))
        return may_hold_databases(*hidden);
    return entry.type == EntryType::regular && database_at(entry.path) != Database::none;
}

void PackageNotes::saw(const Digest& layer, std::vector<Seen> seen) {
    layers_.with([&](auto& layers) { layers.insert_or_assign(layer, std::move(seen)); });
}

std::optional<std::vector<LayerWatch::Seen>> PackageNotes::of(const Digest& layer) const {
    return layers_.with([&](auto& layers) -> std::optional<std::vector<Seen>> {
        auto found = layers.find(layer);
        return found == layers.end() ? std::nullopt : std::optional(found->second);
    });
}

std::vector<InstalledPackage> installed_packages(const Store& store,
                                                 const std::vector<Descriptor>& layers,
                                                 const LayerReading& reading, PackageNotes& notes) {
    Databases all;
    for (const auto& descriptor : layers) {
        auto seen = notes.of(descriptor.digest);
        if (!seen) {
            Layer layer(store, descriptor, {reading.limits, &notes});
            while (layer.next()) {
            }
            seen = notes.of(descriptor.digest);
        }
        lay_over(seen.value(), all);
    }
    std::set<InstalledPackage> packages;
    for (const auto& [path, list] : all)
        packages.insert(list.begin(), list.end());
    return {packages.begin(), packages.end()};
}

} // namespace coracle
