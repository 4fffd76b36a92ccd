// SPDX-License-Identifier: Apache-2.0
#include "common/mount.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string_view>

#include <sys/mount.h>

#include "base/error.h"

namespace coracle::guest {

namespace {

struct Option {
    std::string_view name;
    unsigned long set;
    unsigned long clear = 0;
};

constexpr Option flag_options[] = {
    {"defaults", 0},
    {"ro", MS_RDONLY},
    {"rw", 0, MS_RDONLY},
    {"nosuid", MS_NOSUID},
    {"suid", 0, MS_NOSUID},
    {"nodev", MS_NODEV},
    {"dev", 0, MS_NODEV},
    {"noexec", MS_NOEXEC},
    {"exec", 0, MS_NOEXEC},
    {"sync", MS_SYNCHRONOUS},
    {"async", 0, MS_SYNCHRONOUS},
    {"dirsync", MS_DIRSYNC},
    {"noatime", MS_NOATIME},
    {"atime", 0, MS_NOATIME},
    {"nodiratime", MS_NODIRATIME},
    {"diratime", 0, MS_NODIRATIME},
    {"relatime", MS_RELATIME},
    {"norelatime", 0, MS_RELATIME},
    {"strictatime", MS_STRICTATIME},
    {"nostrictatime", 0, MS_STRICTATIME},
    {"mand", MS_MANDLOCK},
    {"nomand", 0, MS_MANDLOCK},
    {"remount", MS_REMOUNT},
    {"bind", MS_BIND},
    {"rbind", MS_BIND | MS_REC},
};

constexpr Option propagation_options[] = {
    {"private", MS_PRIVATE},       {"rprivate", MS_PRIVATE | MS_REC},
    {"shared", MS_SHARED},         {"rshared", MS_SHARED | MS_REC},
    {"slave", MS_SLAVE},           {"rslave", MS_SLAVE | MS_REC},
    {"unbindable", MS_UNBINDABLE}, {"runbindable", MS_UNBINDABLE | MS_REC},
};

void call(const Mount& what, unsigned long flags, const std::string& data) {
    if (::mount(what.source.c_str(), what.target.c_str(), what.type.c_str(), flags,
                data.empty() ? nullptr : data.c_str()) != 0)
        throw Error::system(errno,
                            fmt::format("mount {} on '{}'",
                                        what.type.empty() ? what.source : what.type, what.target));
}

} // namespace

MountOptions parse_mount_options(std::span<const std::string> options) {
    MountOptions result;
    for (const auto& option : options) {
        auto flag = std::ranges::find(flag_options, option, &Option::name);
        auto propagation = std::ranges::find(propagation_options, option, &Option::name);
        if (flag != std::end(flag_options))
            result.flags = (result.flags & ~flag->clear) | flag->set;
        else if (propagation != std::end(propagation_options))
            result.propagation = propagation->set;
        else if (!option.empty())
            result.data += (result.data.empty() ? "" : ",") + option;
    }
    return result;
}

void mount(const Mount& what) {
    MountOptions options = parse_mount_options(what.options);
    constexpr unsigned long bind = MS_BIND | MS_REC;
    constexpr unsigned long limits = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    bool only_propagation =
        options.propagation != 0 && options.flags == MS_REMOUNT && options.data.empty();
    if ((options.flags & MS_BIND) != 0 && (options.flags & MS_REMOUNT) == 0) {
        call(what, options.flags & bind, "");
        if ((options.flags & limits) != 0)
            call(what, (options.flags & ~MS_REC) | MS_REMOUNT, "");
    } else if (!only_propagation) {
        call(what, options.flags, options.data);
    }
    if (options.propagation != 0)
        call({.source = "none", .target = what.target, .type = {}, .options = {}},
             options.propagation, "");
}

bool mount_if_possible(const char* type, const char* target, unsigned long flags,
                       const char* data) {
    return ::mount(type, target, type, flags, data) == 0;
}

} // namespace coracle::guest
