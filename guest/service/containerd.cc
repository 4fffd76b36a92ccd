// SPDX-License-Identifier: Apache-2.0
#include "service/containerd.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "common/directory.h"
#include "common/monotonic.h"
#include "common/spawn.h"
#include "common/words.h"
#include "service/memlog.h"

namespace coracle::guest {

namespace {

constexpr const char* daemon_program = "/usr/bin/containerd";
constexpr const char* client_program = "/usr/bin/ctr";
constexpr const char* socket_path = "/run/containerd/containerd.sock";

Words client(const Container& container, std::initializer_list<std::string> rest) {
    const std::string& space = container.config.containerd_namespace;
    Words words = {client_program, "--namespace", space.empty() ? "services.linuxkit" : space};
    words.insert(words.end(), rest);
    return words;
}

bool answers() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket_path, sizeof address.sun_path - 1);
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return socket &&
           ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

Fd open_log(const std::string& file, const std::string& name, const std::string& logs) {
    if (!file.empty())
        return open_fd(file, O_WRONLY | O_CREAT | O_APPEND);
    if (auto external = open_external_log(name))
        return std::move(*external);
    return open_fd(logs + "/" + name + ".log", O_WRONLY | O_CREAT | O_APPEND);
}

} // namespace

bool ContainerdRuntime::is_there() {
    if (::access(daemon_program, X_OK) != 0)
        return false;
    if (::access(client_program, X_OK) != 0)
        throw Error("containerd is here, but not '{}', through which services are started",
                    client_program);
    return true;
}

ServiceRuntime::Start ContainerdRuntime::start(const Container& container) const {
    std::string spec = specs_ + "/service." + container.name + ".json";
    constexpr uint64_t most = 4 << 20;
    write_file(spec, with_absolute_root(read_file(container.bundle + "/config.json", most),
                                        container.bundle));
    return {.create =
                client(container, {"run", "--detach", "--pid-file", container.pid_file, "--log-uri",
                                   "file://" + container.log, "--config", spec, container.name}),
            .start = {}};
}

std::vector<Words> ContainerdRuntime::removal(const Container& container) const {
    return {client(container, {"tasks", "delete", "--force", container.name}),
            client(container, {"containers", "delete", container.name})};
}

std::optional<int> ContainerdRuntime::told_status(std::string_view output) const {
    constexpr std::string_view words = "exit with non-zero exit code ";
    auto at = output.find(words);
    if (at == output.npos)
        return std::nullopt;
    auto text = output.substr(at + words.size());
    auto number = parse_number(text.substr(0, text.find_first_not_of("0123456789")));
    return number && *number < 256 ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

std::string with_absolute_root(std::string_view config, const std::string& bundle) {
    auto root = nlohmann::json::parse(config, nullptr, false);
    if (root.is_discarded() || !root.is_object())
        throw Error("config.json: not a JSON object");
    auto& path = root["root"];
    if (!path.is_object() || !path.contains("path") || !path["path"].is_string())
        throw Error("config.json: 'root.path' is not a text");
    if (auto text = path["path"].get<std::string>(); !text.starts_with('/'))
        path["path"] = bundle + "/" + text;
    return root.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

ContainerdOptions parse_containerd_options(std::string_view toml) {
    ContainerdOptions options;
    for_each_line(toml, [&](std::string_view line) {
        auto equals = line.find('=');
        auto key = trim(line.substr(0, equals));
        auto value = equals == line.npos ? std::string_view() : trim(line.substr(equals + 1));
        if (value.size() < 2 || (value[0] != '"' && value[0] != '\''))
            return;
        value = value.substr(1, value.find(value[0], 1) - 1);
        if (key == "cliopts")
            for (auto word : words_of(value))
                options.arguments.emplace_back(word);
        else if (key == "stdout")
            options.output_file = value;
        else if (key == "stderr")
            options.error_file = value;
    });
    return options;
}

void start_containerd(const std::string& logs) {
    auto options = parse_containerd_options(
        read_file_if_present("/etc/containerd/runtime-config.toml").value_or(""));
    Words words = {daemon_program};
    words.insert(words.end(), options.arguments.begin(), options.arguments.end());
    Fd null = open_fd("/dev/null", O_RDONLY);
    Fd output = open_log(options.output_file, "containerd.out", logs);
    Fd error = open_log(options.error_file, "containerd", logs);
    pid_t child = spawn({.argv = std::move(words),
                         .input = null.get(),
                         .output = output.get(),
                         .error = error.get(),
                         .session = true});
    constexpr int64_t patience_ms = 60000;
    for (int64_t end = monotonic_ms() + patience_ms; !answers(); ::poll(nullptr, 0, 50)) {
        int status = 0;
        if (::waitpid(child, &status, WNOHANG) == child)
            throw Error("containerd ended with status {}; see its log", exit_status(status));
        if (monotonic_ms() > end)
            throw Error("containerd does not answer on '{}'", socket_path);
    }
}

} // namespace coracle::guest
