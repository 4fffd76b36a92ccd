// SPDX-License-Identifier: Apache-2.0
#include "service/memlog.h"

#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace coracle::guest {

std::optional<Fd> open_external_log(const std::string& name, const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path || ::access(path.c_str(), F_OK) != 0)
        return std::nullopt;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return std::nullopt;
    Fd read(ends[0]), write(ends[1]);
    Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));

    iovec text{const_cast<char*>(name.data()), name.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = sizeof address;
    message.msg_iov = &text;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &ends[0], sizeof(int));
    if (!socket || ::sendmsg(socket.get(), &message, MSG_NOSIGNAL) < 0)
        return std::nullopt;
    return write;
}

} // namespace coracle::guest
