// SPDX-License-Identifier: Apache-2.0
#include "run/kvm_watch.h"

#include <cerrno>
#include <cstring>

#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

namespace coracle {

namespace {

constexpr size_t most_text = 1 << 16;

/// Sees through QMP whether the guest has been stopped by an internal error.
class StateWatch {
public:
    explicit StateWatch(const std::string& path) : path_(path) {}

    int fd() const { return socket_.get(); }

    /// QEMU makes its socket a while after its start.
    void try_to_connect() {
        sockaddr_un address{};
        if (socket_ || path_.empty() || path_.size() >= sizeof address.sun_path)
            return;
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path_.c_str(), path_.size());
        Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (!fd || ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            return;
        socket_ = std::move(fd);
        say("qmp_capabilities");
        say("query-status");
    }

    /// Takes what has come; true when the guest is in the state of internal error.
    bool take() {
        char buffer[4096];
        ssize_t count = ::read(socket_.get(), buffer, sizeof buffer);
        if (count <= 0) {
            socket_.reset();
            path_.clear();
            return false;
        }
        text_.append(buffer, static_cast<size_t>(count));
        bool failed = false;
        for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
            failed = understand(text_.substr(0, end)) || failed;
            text_.erase(0, end + 1);
        }
        if (text_.size() > most_text)
            text_.clear();
        return failed;
    }

private:
    void say(std::string_view command) {
        auto text = fmt::format("{{\"execute\":\"{}\"}}\n", command);
        [[maybe_unused]] auto sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    }

    bool understand(const std::string& line) {
        auto message = nlohmann::json::parse(line, nullptr, false);
        if (!message.is_object())
            return false;
        if (message.contains("event") && message["event"] == "STOP")
            say("query-status");
        auto reply = message.find("return");
        return reply != message.end() && reply->is_object() && reply->contains("status") &&
               (*reply)["status"] == "internal-error";
    }

    std::string path_;
    Fd socket_;
    std::string text_;
};

std::string last_line_about_kvm(const std::string& text) {
    std::string found;
    for (const auto& line : split(text, '\n'))
        if (line.find("kvm") != std::string::npos || line.find("KVM") != std::string::npos)
            found = trim(line);
    return found;
}

} // namespace

KvmEnd watch_kvm(Child& qemu, const std::string& monitor, FirmwareWatch* firmware) {
    constexpr int connect_again = 100; // milliseconds
    StateWatch state(monitor);
    std::string errors;
    bool stopped = false;
    for (;;) {
        state.try_to_connect();
        pollfd waits[3] = {{qemu.error(), POLLIN, 0},
                           {state.fd(), POLLIN, 0},
                           {firmware == nullptr ? -1 : firmware->fd(), POLLIN, 0}};
        int ready = ::poll(waits, 3, state.fd() < 0 ? connect_again : -1);
        if (ready < 0 && errno != EINTR)
            throw Error::system(errno, "wait for QEMU");
        if (ready <= 0)
            continue;
        if (waits[1].revents != 0 && state.take() && !stopped) {
            stopped = true;
            qemu.terminate();
        }
        if (waits[2].revents != 0 && !firmware->take(qemu))
            firmware = nullptr;
        if (waits[0].revents == 0)
            continue;
        char buffer[4096];
        size_t count = read_some(qemu.error(), buffer, sizeof buffer, -1, "QEMU's output");
        if (count == 0)
            break;
        write_all(STDERR_FILENO, {buffer, count}, "standard error");
        if (errors.size() < most_text)
            errors.append(buffer, count);
    }
    KvmEnd end{qemu.wait(), ""};
    if (stopped || end.status != 0)
        end.failure = last_line_about_kvm(errors);
    if (stopped && end.failure.empty())
        end.failure = "KVM cannot run it";
    return end;
}

} // namespace coracle
