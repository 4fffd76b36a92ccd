// SPDX-License-Identifier: Apache-2.0
#include "service/links.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/socket.h>

#include <fmt/format.h>

namespace coracle::guest {

NetlinkMessage new_link(const Interface& interface, pid_t process) {
    NetlinkMessage message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    message.structure(ifinfomsg{}).text(IFLA_IFNAME, interface.name);
    if (process > 0)
        message.attribute(IFLA_NET_NS_PID, static_cast<uint32_t>(process));
    size_t info = message.open(IFLA_LINKINFO);
    message.attribute(IFLA_INFO_KIND, interface.add);
    if (!interface.peer.empty()) {
        size_t data = message.open(IFLA_INFO_DATA);
        size_t peer = message.open(VETH_INFO_PEER);
        message.structure(ifinfomsg{}).text(IFLA_IFNAME, interface.peer);
        message.close(peer);
        message.close(data);
    }
    message.close(info);
    return message;
}

NetlinkMessage move_link(const std::string& name, pid_t process) {
    NetlinkMessage message(RTM_NEWLINK, 0);
    message.structure(ifinfomsg{})
        .text(IFLA_IFNAME, name)
        .attribute(IFLA_NET_NS_PID, static_cast<uint32_t>(process));
    return message;
}

void give_interface(pid_t process, const Interface& interface) {
    NetlinkSocket socket(NETLINK_ROUTE);
    bool here = interface.add.empty() || interface.add == "veth" || interface.create_in_root;
    if (!interface.add.empty()) {
        auto message = new_link(interface, here ? 0 : process);
        socket.request(
            message, fmt::format("add interface '{}' of kind '{}'", interface.name, interface.add));
    }
    if (here) {
        auto message = move_link(interface.name, process);
        socket.request(message,
                       fmt::format("move interface '{}' into the container", interface.name));
    }
}

} // namespace coracle::guest
