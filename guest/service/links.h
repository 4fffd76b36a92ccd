// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "common/netlink.h"
#include "service/runtime_config.h"

namespace coracle::guest {

/// Gives a process' network namespace an interface: a new link of any kind that needs no options,
/// one end of a new veth pair, or an existing link. Throws Error("cannot add interface ...") or
/// "cannot move ...".
void give_interface(pid_t process, const Interface& interface);

/// The rtnetlink messages for that: a new link here or, with `process`, in its namespace; a move.
NetlinkMessage new_link(const Interface& interface, pid_t process);
NetlinkMessage move_link(const std::string& name, pid_t process);

} // namespace coracle::guest
