// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "spec/location.h"
#include "spec/resources.h"

namespace coracle {

using Strings = std::vector<std::string>;
using StringMap = std::map<std::string, std::string>;

/// An image reference as the user wrote it ("redis:8"), or a package to build: "@pkg:../redis" (a
/// directory, relative to the YAML file) or "@pkg:redis" (one that comes with Coracle).
struct ImageName {
    std::string text = {};
    Location at = {};

    bool empty() const { return text.empty(); }
    bool is_package() const { return text.starts_with("@pkg:"); }
    bool operator==(const ImageName& other) const { return text == other.text; }
};

/// A user or group: a number, or the name of a container (or "root"), see rootfs/ids.
using Id = std::variant<uint32_t, std::string>;

/// `kernel`. Absent keys take their defaults through the functions.
struct KernelSpec {
    std::optional<ImageName> image = {};
    std::optional<std::string> cmdline = {};
    std::optional<std::string> binary = {};
    std::optional<std::string> tar = {};
    std::optional<std::string> ucode = {};

    std::string binary_name() const { return binary && !binary->empty() ? *binary : "kernel"; }
    /// The tar in the kernel image that is unpacked onto `/`; nullopt when there is none to unpack.
    std::optional<std::string> tar_name() const {
        if (!tar)
            return "kernel.tar";
        return tar->empty() || *tar == "none" ? std::nullopt : tar;
    }
};

/// One of `mounts`, of an entry or of its runtime section.
struct MountSpec {
    std::optional<std::string> destination = {};
    std::optional<std::string> type = {};
    std::optional<std::string> source = {};
    std::optional<Strings> options = {};
    std::optional<std::vector<IdMapping>> uid_mappings = {};
    std::optional<std::vector<IdMapping>> gid_mappings = {};
};

/// One of `devices`. `path: all` stands for a class of devices and makes no node.
struct DeviceSpec {
    std::string path = {};
    std::optional<std::string> type = {}; ///< a, b, c, u or p
    std::optional<int64_t> major = {};
    std::optional<int64_t> minor = {};
    std::optional<std::string> mode = {}; ///< octal digits
};

/// One of `runtime.interfaces`.
struct InterfaceSpec {
    std::optional<std::string> name = {};
    std::optional<std::string> add = {};
    std::optional<std::string> peer = {};
    std::optional<bool> create_in_root = {};
};

/// `runtime.bindNS`: where namespaces are bound to files.
struct BindNamespaces {
    std::optional<std::string> cgroup = {}, ipc = {}, mnt = {}, net = {}, pid = {}, user = {},
                               uts = {};
};

/// `runtime`: what is done in the running system around the creation of a container.
struct RuntimeSpec {
    std::optional<Strings> cgroups = {};
    std::optional<std::vector<MountSpec>> mounts = {};
    std::optional<Strings> mkdir = {};
    std::optional<std::vector<InterfaceSpec>> interfaces = {};
    std::optional<BindNamespaces> bind_namespaces = {};
    std::optional<std::string> container_namespace = {};
};

/// When a service is started again after it has ended (an extension).
enum class Restart { always, on_failure, never };

/// A time the user gave: "90s", "2m", "1h30m" or a number of seconds (an extension).
struct Duration {
    uint64_t seconds = 0;
    bool operator==(const Duration&) const = default;
};

/// What onboot, onshutdown and services list, and (without name and image) the image's label.
/// Absent differs from empty: an empty list in the YAML takes away what the label brings.
struct ImageEntry {
    std::string name = {};
    ImageName image = {};
    std::optional<Strings> capabilities = {};
    std::optional<Strings> capabilities_add = {};
    std::optional<Strings> ambient = {};
    std::optional<std::vector<MountSpec>> mounts = {};
    std::optional<Strings> binds = {};
    std::optional<Strings> binds_add = {};
    std::optional<std::vector<DeviceSpec>> devices = {};
    std::optional<Strings> tmpfs = {};
    std::optional<Strings> command = {};
    std::optional<Strings> env = {};
    std::optional<std::string> cwd = {};
    std::optional<std::string> net = {}, pid = {}, ipc = {}, uts = {}, userns = {};
    std::optional<std::string> hostname = {};
    std::optional<bool> readonly = {};
    std::optional<Strings> masked_paths = {};
    std::optional<Strings> readonly_paths = {};
    std::optional<Id> uid = {};
    std::optional<Id> gid = {};
    std::optional<std::vector<Id>> additional_gids = {};
    std::optional<bool> no_new_privileges = {};
    std::optional<int64_t> oom_score_adj = {};
    std::optional<std::string> rootfs_propagation = {};
    std::optional<std::string> cgroups_path = {};
    std::optional<Resources> resources = {};
    std::optional<StringMap> sysctl = {};
    std::optional<Strings> rlimits = {};
    std::optional<std::vector<IdMapping>> uid_mappings = {};
    std::optional<std::vector<IdMapping>> gid_mappings = {};
    std::optional<StringMap> annotations = {};
    std::optional<RuntimeSpec> runtime = {};

    // Extensions of Coracle.
    std::optional<std::string> seccomp = {}; ///< default, unconfined or the path of a profile
    std::optional<Restart> restart = {};     ///< services
    std::optional<Strings> after = {};       ///< services: names of services that start earlier
    std::optional<Duration> timeout = {};    ///< onboot
    std::optional<bool> optional = {};       ///< onboot: its failure does not matter

    Location at = {}; ///< where the entry begins
    /// Where each value is: "name", "binds[0]", "runtime.mounts[1]".
    std::map<std::string, Location> places = {};

    /// Where a value is, or the entry itself when the YAML does not have it.
    const Location& place(const std::string& key) const;
};

/// One of `volumes`.
struct VolumeSpec {
    std::string name = {};
    std::optional<ImageName> image = {}; ///< absent: an empty volume
    std::optional<bool> readonly = {};
    std::optional<std::string> format = {}; ///< filesystem or oci
    std::optional<Strings> platforms = {};  ///< for oci

    bool is_oci() const { return format == "oci"; }

    Location at = {};
};

/// One of `files`.
struct FileSpec {
    std::string path = {}; ///< as written: a leading slash means nothing
    std::optional<bool> directory = {};
    std::optional<std::string> symlink = {};
    std::optional<std::string> contents = {};
    std::optional<std::string> source = {};   ///< "~/" is the builder's home
    std::optional<std::string> metadata = {}; ///< yaml or json
    std::optional<bool> optional = {};
    std::optional<std::string> mode = {}; ///< octal digits
    std::optional<Id> uid = {};
    std::optional<Id> gid = {};

    bool is_directory() const { return directory.value_or(false); }
    /// The mode bits: as given, else 0700 for a directory and 0600 for the rest.
    uint32_t mode_bits() const;

    Location at = {};
};

/// `trust`: which images must be signed, where signatures are asked for; absent: all.
struct TrustSpec {
    std::optional<Strings> image = {};
    std::optional<Strings> org = {};
};

/// The text of a YAML file, kept to show its lines in errors.
struct SpecSource {
    std::string name = {}; ///< as given on the command line
    std::string text = {};
};

/// All that one or more YAML files say, merged.
struct Spec {
    std::optional<KernelSpec> kernel = {};
    std::optional<std::vector<ImageName>> init = {};
    std::optional<std::vector<ImageEntry>> onboot = {};
    std::optional<std::vector<ImageEntry>> onshutdown = {};
    std::optional<std::vector<ImageEntry>> services = {};
    std::optional<std::vector<VolumeSpec>> volumes = {};
    std::optional<std::vector<FileSpec>> files = {};
    std::optional<TrustSpec> trust = {};

    std::vector<SpecSource> sources = {};
    /// Things that are accepted but have no effect, as `file:line:column: warning: ...`.
    Strings warnings = {};
};

/// The elements of a list that may be absent: for (const auto& entry : each(spec.onboot)).
template <class T>
const std::vector<T>& each(const std::optional<std::vector<T>>& list) {
    static const std::vector<T> none;
    return list ? *list : none;
}

} // namespace coracle
