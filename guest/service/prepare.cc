// SPDX-License-Identifier: Apache-2.0
#include "service/prepare.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/mount.h>

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

void prepare_mount(Mount what) {
    make_path(what.target);
    for (const auto& option : what.options)
        for (std::string_view key : {"upperdir=", "workdir="})
            if (option.starts_with(key))
                make_path(option.substr(key.size()));
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
