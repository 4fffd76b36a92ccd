// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "rootfs/container_config_parts.h"
#include "spec/diagnoser.h"
#include "spec/entry_check.h"
#include "spec/rules.h"

namespace coracle {

namespace {

/// Gathers mounts, the later at a destination in place of the earlier.
class Mounts {
public:
    Mounts(const ContainerInput& input, const ImageEntry& entry)
        : input_(input), entry_(entry), fault_(input, entry) {}

    void add_defaults() {
        Strings dev = {"nosuid", "strictatime", "mode=755", "size=65536k"};
        Strings sys = {"nosuid", "noexec", "nodev"};
        if (entry_.readonly.value_or(false)) {
            dev.push_back("ro");
            sys.push_back("ro");
        }
        add({"/proc", "proc", "proc", {"nosuid", "nodev", "noexec", "relatime"}});
        add({"/dev", "tmpfs", "tmpfs", dev});
        add({"/dev/pts",
             "devpts",
             "devpts",
             {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}});
        // A new sysfs is for who owns the network namespace too; else the system's is shown.
        bool foreign = entry_.userns == "auto" && entry_.net != "new" && entry_.net != "none";
        if (foreign)
            sys.insert(sys.begin(), "rbind");
        add({"/sys", foreign ? "bind" : "sysfs", foreign ? "/sys" : "sysfs", sys});
        add({"/sys/fs/cgroup",
             "cgroup",
             "cgroup",
             {"nosuid", "noexec", "nodev", "relatime", "ro"}});
    }

    void add_tmpfs() {
        for (const auto& text : each(entry_.tmpfs)) {
            Tmpfs tmpfs = parse_tmpfs(text);
            add({tmpfs.destination, "tmpfs", "tmpfs", tmpfs.options});
        }
    }

    void add_binds() {
        const auto& binds = each(entry_.binds);
        for (size_t i = 0; i < binds.size(); ++i) {
            Bind bind = parse_bind(binds[i]);
            if (bind.is_volume())
                bind.source = volume(bind.source, is_read_only(bind.options), bind_key(i));
            add({bind.destination, "bind", bind.source, bind.options});
        }
    }

    void add_mounts() {
        const auto& mounts = each(entry_.mounts);
        for (size_t i = 0; i < mounts.size(); ++i) {
            const MountSpec& spec = mounts[i];
            std::string key = fmt::format("mounts[{}]", i);
            CompleteMount complete = complete_mount(spec);
            if (complete.type == "bind" && !complete.source.starts_with('/'))
                complete.source = volume(complete.source, is_read_only(each(spec.options)), key);
            add({complete.destination, complete.type, complete.source, each(spec.options),
                 each(spec.uid_mappings), each(spec.gid_mappings)});
        }
    }

    std::vector<ContainerMount> sorted() const {
        std::vector<ContainerMount> result;
        result.reserve(mounts_.size());
        for (const auto& [destination, mount] : mounts_)
            result.push_back(mount);
        return result;
    }

private:
    void add(ContainerMount mount) {
        std::string destination = mount.destination;
        mounts_[destination] = std::move(mount);
    }

    // The effective list may begin with the label's, so the text tells which it was in the YAML.
    std::string bind_key(size_t index) const {
        const auto& text = each(entry_.binds)[index];
        for (const auto& [key, own] :
             {std::pair<std::string, const std::optional<Strings>*>{"binds", &input_.entry.binds},
              {"binds.add", &input_.entry.binds_add}})
            for (size_t i = 0; i < each(*own).size(); ++i)
                if (each(*own)[i] == text)
                    return fmt::format("{}[{}]", key, i);
        return {};
    }

    std::string volume(const std::string& name, bool read_only, const std::string& key) const {
        auto found = input_.volumes.find(name);
        if (found == input_.volumes.end()) {
            std::vector<std::string_view> names;
            for (const auto& [known, unused] : input_.volumes)
                names.push_back(known);
            fault_.fail(key, fmt::format("there is no volume '{}' for '{}'", name, entry_.name),
                        meant(name, names));
        }
        if (found->second && !read_only)
            fault_.fail(key,
                        fmt::format("volume '{}' is read-only, but '{}' mounts it writable", name,
                                    entry_.name),
                        "add the option ro");
        return fmt::format("/containers/volumes/{}/merged", name);
    }

    const ContainerInput& input_;
    const ImageEntry& entry_;
    EntryFault fault_;
    std::map<std::string, ContainerMount> mounts_;
};

nlohmann::ordered_json mappings(const std::vector<IdMapping>& all) {
    auto result = nlohmann::ordered_json::array();
    for (const auto& one : all)
        result.push_back({{"containerID", one.container_id.value_or(0)},
                          {"hostID", one.host_id.value_or(0)},
                          {"size", one.size.value_or(0)}});
    return result;
}

} // namespace

std::vector<ContainerMount> container_mounts(const ContainerInput& input, const ImageEntry& entry) {
    Mounts mounts(input, entry);
    mounts.add_defaults();
    mounts.add_tmpfs();
    mounts.add_binds();
    mounts.add_mounts();
    return mounts.sorted();
}

nlohmann::ordered_json mounts_json(const std::vector<ContainerMount>& mounts) {
    auto result = nlohmann::ordered_json::array();
    for (const auto& mount : mounts) {
        nlohmann::ordered_json json = {{"destination", mount.destination}};
        if (!mount.type.empty())
            json["type"] = mount.type;
        if (!mount.source.empty())
            json["source"] = mount.source;
        if (!mount.options.empty())
            json["options"] = mount.options;
        if (!mount.uid_mappings.empty())
            json["uidMappings"] = mappings(mount.uid_mappings);
        if (!mount.gid_mappings.empty())
            json["gidMappings"] = mappings(mount.gid_mappings);
        result.push_back(std::move(json));
    }
    return result;
}

} // namespace coracle
