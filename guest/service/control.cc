// SPDX-License-Identifier: Apache-2.0
#include "service/control.h"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"

namespace coracle::guest {

namespace {

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        throw Error("'{}' is too long for a socket", path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

} // namespace

Fd listen_for_control(const std::string& path) {
    sockaddr_un address = address_of(path);
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::unlink(path.c_str());
    mode_t before = ::umask(0077);
    bool good = socket &&
                ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                ::listen(socket.get(), 16) == 0;
    int cause = errno;
    ::umask(before);
    if (!good)
        throw Error::system(cause, fmt::format("listen on '{}'", path));
    return socket;
}

Answer ask_supervisor(const std::string& request, const std::string& path) {
    sockaddr_un address = address_of(path);
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket ||
        ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw Error("no services are supervised here: {}", std::strerror(errno));
    write_all(socket.get(), request + "\n", path);
    std::string text;
    char buffer[4096];
    while (size_t count = read_some(socket.get(), buffer, sizeof buffer, -1, path))
        text.append(buffer, count);
    auto end = text.find('\n');
    return {.good = text.substr(0, end) == "ok",
            .text = end == text.npos ? "" : text.substr(end + 1)};
}

void answer(const Fd& client, bool good, const std::string& text) {
    std::string whole = std::string(good ? "ok\n" : "error\n") + text;
    if (!text.empty() && text.back() != '\n')
        whole += '\n';
    ::send(client.get(), whole.data(), whole.size(), MSG_NOSIGNAL);
}

} // namespace coracle::guest
