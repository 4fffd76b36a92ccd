// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coracle::guest {

/// The modaliases of all devices below a mounted sysfs, each line once.
std::vector<std::string> present_modaliases(const std::string& sysfs = "/sys");

/// What the kernel tells when a device comes or goes.
struct Uevent {
    std::string action;    ///< "add", "remove", "change", ...
    std::string subsystem; ///< "input", "net", ...
    std::string device;    ///< name below /dev, or ""
    std::string modalias;  ///< or ""
};

/// Reads a datagram of NETLINK_KOBJECT_UEVENT; nullopt for what is not one of the kernel's.
std::optional<Uevent> parse_uevent(std::string_view datagram);

} // namespace coracle::guest
