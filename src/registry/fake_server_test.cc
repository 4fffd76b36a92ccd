// SPDX-License-Identifier: Apache-2.0
#include "registry/fake_server.h"

#include <algorithm>
#include <cctype>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace coracle::test {

namespace {

FakeRequest parse(const std::string& text) {
    FakeRequest request;
    auto lines = split(text, '\n');
    auto words = split(trim(lines[0]), ' ');
    request.method = words[0];
    request.path = words.size() > 1 ? words[1] : "";
    for (const std::string& line : lines) {
        auto colon = line.find(": ");
        if (colon == std::string::npos)
            continue;
        std::string name = line.substr(0, colon);
        std::ranges::transform(name, name.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        request.headers[name] = std::string(trim(line.substr(colon + 2)));
    }
    return request;
}

} // namespace

FakeServer::FakeServer(Answer answer)
    : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 16) != 0 ||
        ::getsockname(listener_.get(), generic, &size) != 0)
        throw Error::system(errno, "listen on 127.0.0.1");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

FakeServer::~FakeServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
}

std::string FakeServer::host() const { return fmt::format("127.0.0.1:{}", port_); }

std::vector<FakeRequest> FakeServer::requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
}

void FakeServer::serve() {
    for (;;) {
        Fd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!connection)
            return;
        answer(connection.get());
    }
}

void FakeServer::answer(int connection) {
    std::string text;
    char buffer[4096];
    while (text.find("\r\n\r\n") == std::string::npos) {
        ssize_t count = ::read(connection, buffer, sizeof buffer);
        if (count <= 0)
            return;
        text.append(buffer, static_cast<size_t>(count));
        if (text[0] < 'A' || text[0] > 'Z') { // TLS: say something else
            static_cast<void>(::send(connection, "HTTP/1.1 400 Bad\r\n\r\n", 20, MSG_NOSIGNAL));
            return;
        }
    }
    FakeRequest request = parse(text);
    request.body = text.substr(text.find("\r\n\r\n") + 4);
    auto length = request.headers.find("content-length");
    size_t size = length == request.headers.end() ? 0 : *parse_number(length->second);
    std::string piece(256 << 10, '\0');
    while (request.body.size() < size) {
        ssize_t count = ::read(connection, piece.data(), piece.size());
        if (count <= 0)
            break;
        request.body.append(piece, 0, static_cast<size_t>(count));
    }
    {
        std::lock_guard lock(mutex_);
        requests_.push_back(request);
    }
    std::string bytes;
    try {
        bytes = answer_(request);
    } catch (const std::exception& error) {
        bytes = reply(400, error.what());
    }
    for (size_t sent = 0; sent < bytes.size();) {
        size_t next = bytes.size() - sent;
        if (drip_ > 0) {
            ::usleep(10'000);
            next = std::min(next, drip_.load());
        }
        ssize_t count = ::send(connection, bytes.data() + sent, next, MSG_NOSIGNAL);
        if (count <= 0)
            return;
        sent += static_cast<size_t>(count);
    }
}

std::string reply(int status, const std::string& body, const std::string& headers) {
    return fmt::format("HTTP/1.1 {} X\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n{}",
                       status, body.size(), headers, body);
}

} // namespace coracle::test
