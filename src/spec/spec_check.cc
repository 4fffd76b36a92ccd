// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "spec/diagnoser.h"
#include "spec/entry_check.h"
#include "spec/read.h"
#include "spec/rules.h"

namespace coracle {

namespace {

/// Collects errors about places in several files.
class Findings {
public:
    explicit Findings(const Spec& spec) : spec_(spec) {}

    void add(const Location& at, std::string_view message, std::string_view note = {}) {
        if (errors_.size() < Diagnoser::max_errors)
            errors_.push_back(diagnose(spec_, at, message, note));
    }
    void finish() const {
        if (!errors_.empty())
            throw Diagnostics(join(errors_, "\n"));
    }

private:
    const Spec& spec_;
    std::vector<std::string> errors_;
};

std::string place_text(const Location& at) { return fmt::format("{}:{}", at.file, at.line); }

void find_equal_names(const Spec& spec, Findings& findings) {
    std::map<std::string, Location> seen;
    for (const auto& service : each(spec.services)) {
        const Location& at = service.place("name");
        auto [first, fresh] = seen.try_emplace(service.name, at);
        if (!fresh)
            findings.add(at, fmt::format("duplicate service name '{}'", service.name),
                         fmt::format("the first is at {}", place_text(first->second)));
    }
    seen.clear();
    for (const auto& volume : each(spec.volumes)) {
        auto [first, fresh] = seen.try_emplace(volume.name, volume.at);
        if (!fresh)
            findings.add(volume.at, fmt::format("duplicate volume name '{}'", volume.name),
                         fmt::format("the first is at {}", place_text(first->second)));
    }
}

using Volumes = std::map<std::string, bool>;

/// The checks on one entry that need to know the rest.
class EntryFindings {
public:
    EntryFindings(const ImageEntry& entry, std::string where, const Volumes& volumes,
                  Findings& findings)
        : entry_(entry), where_(std::move(where)), volumes_(volumes), findings_(findings) {}

    void volumes() {
        binds("binds", each(entry_.binds));
        binds("binds.add", each(entry_.binds_add));
        const auto& mounts = each(entry_.mounts);
        for (size_t i = 0; i < mounts.size(); ++i)
            if (mounts[i].type == "bind" && mounts[i].source && !mounts[i].source->starts_with('/'))
                volume(*mounts[i].source, is_read_only(each(mounts[i].options)),
                       entry_.place(fmt::format("mounts[{}].source", i)));
    }

    void ids(const std::set<std::string>& names) {
        id("uid", entry_.uid, names);
        id("gid", entry_.gid, names);
        const auto& gids = each(entry_.additional_gids);
        for (size_t i = 0; i < gids.size(); ++i)
            id(fmt::format("additionalGids[{}]", i), gids[i], names);
    }

private:
    void binds(const std::string& key, const Strings& texts) {
        for (size_t i = 0; i < texts.size(); ++i) {
            Bind bind = parse_bind(texts[i]);
            if (bind.is_volume())
                volume(bind.source, is_read_only(bind.options),
                       entry_.place(fmt::format("{}[{}]", key, i)));
        }
    }

    void volume(const std::string& name, bool read_only, const Location& at) {
        auto found = volumes_.find(name);
        if (found == volumes_.end()) {
            std::vector<std::string_view> names;
            for (const auto& [known, unused] : volumes_)
                names.push_back(known);
            std::string note = meant(name, names);
            findings_.add(at, fmt::format("there is no volume '{}' for {}", name, where_),
                          note.empty() ? "a source without a leading '/' is a volume's name"
                                       : note);
        } else if (found->second && !read_only) {
            findings_.add(
                at,
                fmt::format("volume '{}' is read-only, but {} mounts it writable", name, where_),
                "add the option ro");
        }
    }

    void id(const std::string& key, const std::optional<Id>& value,
            const std::set<std::string>& names) {
        const auto* name = value ? std::get_if<std::string>(&*value) : nullptr;
        if (!name || name->empty() || *name == "root" || names.contains(*name))
            return;
        findings_.add(entry_.place(key),
                      fmt::format("'{}' of {} names no container: '{}'", key, where_, *name),
                      "write a number, root, or the name of a container");
    }

    const ImageEntry& entry_;
    std::string where_;
    const Volumes& volumes_;
    Findings& findings_;
};

void for_each_entry(const Spec& spec,
                    const std::function<void(const ImageEntry&, const std::string&)>& visit) {
    auto section = [&](const char* name, const std::vector<ImageEntry>& entries) {
        for (size_t i = 0; i < entries.size(); ++i)
            visit(entries[i], fmt::format("{}[{}] '{}'", name, i, entries[i].name));
    };
    section("onboot", each(spec.onboot));
    section("onshutdown", each(spec.onshutdown));
    section("services", each(spec.services));
}

void check_file_owners(const Spec& spec, const std::set<std::string>& names, Findings& findings) {
    for (const auto& file : each(spec.files))
        for (const auto& owner : {file.uid, file.gid}) {
            const auto* name = owner ? std::get_if<std::string>(&*owner) : nullptr;
            if (name && !name->empty() && *name != "root" && !names.contains(*name))
                findings.add(file.at,
                             fmt::format("the owner of file '{}' names no container: '{}'",
                                         file.path, *name),
                             "write a number, root, or the name of a container");
        }
}

/// Whether `after` names services, and none waits for itself. Takes away, again and again, those
/// that wait for nothing.
void check_order(const Spec& spec, Findings& findings) {
    std::map<std::string_view, std::vector<const ImageEntry*>> waiting; // who waits for the name
    std::map<std::string_view, size_t> missing; // how many services a service waits for
    std::vector<std::string_view> names;
    for (const auto& service : each(spec.services)) {
        missing[service.name] = each(service.after).size();
        names.push_back(service.name);
    }
    for (const auto& service : each(spec.services)) {
        const auto& after = each(service.after);
        for (size_t i = 0; i < after.size(); ++i) {
            waiting[after[i]].push_back(&service);
            if (!missing.contains(after[i])) {
                findings.add(service.place(fmt::format("after[{}]", i)),
                             fmt::format("there is no service '{}'", after[i]),
                             meant(after[i], names));
                --missing[service.name];
            }
        }
    }
    std::vector<std::string_view> ready;
    for (const auto& [name, count] : missing)
        if (count == 0)
            ready.push_back(name);
    while (!ready.empty()) {
        auto name = ready.back();
        ready.pop_back();
        for (const auto* service : waiting[name])
            if (--missing[service->name] == 0)
                ready.push_back(service->name);
    }
    for (const auto& service : each(spec.services))
        if (missing[service.name] > 0) {
            findings.add(
                service.place("after"),
                fmt::format("service '{}' waits, through others, for itself", service.name));
            return;
        }
}

} // namespace

void check_names(const Spec& spec) {
    Findings findings(spec);
    find_equal_names(spec, findings);
    findings.finish();
}

void check_spec(const Spec& spec) {
    Findings findings(spec);
    find_equal_names(spec, findings);
    Volumes volumes;
    for (const auto& volume : each(spec.volumes))
        volumes[volume.name] = volume.readonly.value_or(false);
    std::set<std::string> names;
    for_each_entry(spec,
                   [&](const ImageEntry& entry, const std::string&) { names.insert(entry.name); });
    for_each_entry(spec, [&](const ImageEntry& entry, const std::string& where) {
        EntryFindings checks(entry, where, volumes, findings);
        checks.volumes();
        checks.ids(names);
    });
    check_file_owners(spec, names, findings);
    check_order(spec, findings);
    findings.finish();
}

} // namespace coracle
