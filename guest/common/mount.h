// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

namespace coracle::guest {

/// Mount options as fstab and OCI write them, sorted into what mount(2) takes: flags, the
/// propagation that needs a call of its own, and text for the file system.
struct MountOptions {
    unsigned long flags = 0;
    unsigned long propagation = 0;
    std::string data;
};

MountOptions parse_mount_options(std::span<const std::string> options);

/// One mount as runtime.json has it.
struct Mount {
    std::string source;
    std::string target;
    std::string type;
    std::vector<std::string> options;
};

/// Mounts. A bind with "ro" and the like is remounted so, since the kernel ignores the flags at
/// first; a "remount" with only a propagation changes the propagation alone. Throws Error("cannot
/// mount TYPE on 'TARGET': ...").
void mount(const Mount& what);

/// As mount(), but false instead of an error.
bool mount_if_possible(const char* type, const char* target, unsigned long flags, const char* data);

} // namespace coracle::guest
