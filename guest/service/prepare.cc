// SPDX-License-Identifier: Apache-2.0
#include "service/prepare.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "common/directory.h"
#include "service/links.h"

namespace coracle::guest {

namespace {

std::string absolute(const std::string& path, const std::string& bundle) {
    return path.starts_with('/') ? path : bundle + "/rootfs/" + path;
}

bool inside(const std::string& path, const std::string& bundle) {
    return path.starts_with(bundle + "/");
}

std::string value_of(const Mount& mount, std::string_view key) {
    for (const auto& option : mount.options)
        if (option.starts_with(key))
            return option.substr(key.size());
    return "";
}

/// The root of an overlay has the owner and mode of its upper directory: it gets those of the
/// image's root, which a container in a user namespace must own.
void take_after(const std::string& upper, const std::string& lower) {
    struct stat status{};
    if (::stat(lower.c_str(), &status) == 0 &&
        ::chown(upper.c_str(), status.st_uid, status.st_gid) == 0)
        ::chmod(upper.c_str(), status.st_mode & 07777);
}

void prepare_mount(Mount what) {
    make_path(what.target);
    std::string upper = value_of(what, "upperdir=");
    for (const auto& path : {upper, value_of(what, "workdir=")})
        if (!path.empty())
            make_path(path);
    if (!upper.empty())
        take_after(upper, value_of(what, "lowerdir="));
    mount(what);
}

void make_cgroup(const std::string& name) {
    const std::string root = "/sys/fs/cgroup/";
    if (exists(root + "cgroup.controllers")) {
        make_path(root + name);
        // What is below the group should be able to limit what the group can.
        auto controllers = read_file_if_present(root + "cgroup.subtree_control").value_or("");
        for (const auto& controller : split(trim(controllers), ' '))
            put(root + name + "/cgroup.subtree_control", "+" + controller);
        return;
    }
    for (const auto& controller : names_in(root))
        if (is_directory(root + controller))
            make_path(root + controller + "/" + name);
}

void bind_namespace(pid_t process, const std::string& kind, const std::string& path) {
    if (auto slash = path.rfind('/'); slash != path.npos && slash > 0)
        make_path(path.substr(0, slash));
    open_fd(path, O_WRONLY | O_CREAT, 0444);
    std::string source = fmt::format("/proc/{}/ns/{}", process, kind);
    if (::mount(source.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0)
        throw Error::system(errno, fmt::format("bind the {} namespace to '{}'", kind, path));
}

} // namespace

void prepare_bundle(const std::string& bundle, const RuntimeConfig& config, bool again) {
    for (Mount what : config.mounts) {
        what.target = absolute(what.target, bundle);
        if (!again || inside(what.target, bundle))
            prepare_mount(std::move(what));
    }
    for (const auto& path : config.mkdir)
        make_path(absolute(path, bundle));
    for (const auto& name : config.cgroups)
        make_cgroup(name);
}

void prepare_process(pid_t process, const RuntimeConfig& config) {
    for (const auto& interface : config.interfaces)
        give_interface(process, interface);
    for (const auto& [kind, path] : config.bind_namespaces)
        bind_namespace(process, kind, path);
}

void clean_bundle(const std::string& bundle, const RuntimeConfig& config) {
    for (auto what = config.mounts.rbegin(); what != config.mounts.rend(); ++what) {
        std::string target = absolute(what->target, bundle);
        auto options = parse_mount_options(what->options);
        if (inside(target, bundle) && (options.flags & MS_REMOUNT) == 0)
            ::umount2(target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
    }
}

} // namespace coracle::guest
