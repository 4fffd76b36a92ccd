// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <string>

#include <arpa/inet.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"

namespace coracle::test {

inline sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    return address;
}

inline int free_port() {
    Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    ::bind(socket.get(), generic, size);
    ::getsockname(socket.get(), generic, &size);
    return ntohs(address.sin_port);
}

/// The real registry server (docker-registry) on loopback, which runs as long as this.
class RegistryServer {
public:
    /// `auth` and `tls`: what stands under these keys of its configuration, in braces; "" = none.
    RegistryServer(const std::string& directory, const std::string& auth = "",
                   const std::string& tls = "")
        : port_(free_port()) {
        std::string config = directory + "/config.yml";
        write_file(config, fmt::format("version: 0.1\nlog: {{level: error}}\n"
                                       "storage: {{filesystem: {{rootdirectory: {}/data}}}}\n"
                                       "{}{}\nhttp:\n  addr: 127.0.0.1:{}\n{}{}\n",
                                       directory, auth.empty() ? "" : "auth: ", auth, port_,
                                       tls.empty() ? "" : "  tls: ", tls));
        child_ = ::fork();
        if (child_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::freopen("/dev/null", "w", stderr);
            ::freopen("/dev/null", "w", stdout);
            ::execlp("docker-registry", "docker-registry", "serve", config.c_str(), nullptr);
            ::_exit(127);
        }
        wait_until_up();
    }
    ~RegistryServer() {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
    RegistryServer(const RegistryServer&) = delete;
    RegistryServer& operator=(const RegistryServer&) = delete;

    std::string host() const { return fmt::format("127.0.0.1:{}", port_); }

private:
    void wait_until_up() const {
        sockaddr_in address = loopback(port_);
        for (int i = 0; i < 200; ++i) {
            Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
            if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
                return;
            ::usleep(50'000);
        }
        throw Error("docker-registry does not start");
    }

    int port_;
    pid_t child_ = -1;
};

} // namespace coracle::test
