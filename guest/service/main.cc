// SPDX-License-Identifier: Apache-2.0
// Runs what a Coracle system is made of: volumes, onboot and onshutdown containers, services. Links
// in /etc/init.d and /etc/shutdown.d call it by what they stand for; people call it "service
// COMMAND".
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "common/cmdline.h"
#include "common/console.h"
#include "common/directory.h"
#include "common/ending.h"
#include "service/containerd.h"
#include "service/control.h"
#include "service/onboot.h"
#include "service/supervisor.h"
#include "service/volumes.h"

using namespace coracle;
using namespace coracle::guest;

namespace {

constexpr const char* usage = "usage: service COMMAND\n"
                              "  list                    all services and how they are\n"
                              "  status NAME             one service; fails when it does not run\n"
                              "  start|stop|restart NAME\n"
                              "  steady                  waits until all services run well; fails "
                              "when one cannot\n"
                              "  poweroff|reboot|halt    end the machine\n";

bool run_containers(const std::string& kind) {
    std::string directory = "/containers/" + kind;
    if (names_in(directory).empty())
        return true;
    auto runtime = OciRuntime::find(KernelCommandLine::current());
    return run_in_order(directory, "/run/log/" + kind, runtime, kind);
}

std::unique_ptr<ServiceRuntime> find_runtime(const KernelCommandLine& cmdline) {
    if (ContainerdRuntime::is_there())
        return std::make_unique<ContainerdRuntime>("/run");
    return std::make_unique<OciRuntime>(OciRuntime::find(cmdline));
}

[[noreturn]] void supervise(Fd report) {
    ::setsid();
    try {
        auto cmdline = KernelCommandLine::current();
        auto runtime = find_runtime(cmdline);
        ServiceSettings settings;
        settings.console = cmdline.enabled("linuxkit.runc_console");
        if (!runtime->gives_children())
            start_containerd(settings.logs);
        Supervisor(*runtime, settings).run([&](Supervisor::Count count) {
            write_all(report.get(), fmt::format("{}/{}", count.started, count.all), "pipe");
            report.reset();
        });
    } catch (const std::exception& error) {
        complain("services: {}", error.what());
        ::_exit(1);
    }
    ::_exit(0);
}

/// Starts the supervisor in a process of its own and waits until the services were started.
bool start_services() {
    // containerd is wanted for itself, too, in a system without services.
    if (names_in("/containers/services").empty() && !ContainerdRuntime::is_there()) {
        say("up: 0 services");
        return true;
    }
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        throw Error::system(errno, "make a pipe");
    Fd read(ends[0]), write(ends[1]);
    pid_t child = ::fork();
    if (child < 0)
        throw Error::system(errno, "start the supervisor");
    if (child == 0) {
        read.reset();
        supervise(std::move(write));
    }
    write.reset();
    char buffer[64];
    std::string_view told(buffer, read_some(read.get(), buffer, sizeof buffer, -1, "pipe"));
    auto slash = told.find('/');
    if (slash == told.npos) // it was told to shut down meanwhile, or has said what is wrong
        return false;
    auto started = told.substr(0, slash), all = told.substr(slash + 1);
    if (started == all)
        say("up: {} services", all);
    else
        say("up: {} of {} services", started, all);
    return true; // what failed was told by name
}

bool shut_down() {
    bool good = run_containers("onshutdown");
    if (exists(control_path))
        ask_supervisor("shutdown");
    return good;
}

/// Waits until the services are steady; true at once where there are none.
bool wait_until_steady() {
    if (names_in("/containers/services").empty())
        return true;
    Answer answer = ask_supervisor("steady");
    if (!answer.good)
        complain("{}", trim(answer.text));
    return answer.good;
}

int ask(const std::string& request) {
    Answer answer = ask_supervisor(request);
    std::fputs(answer.text.c_str(), answer.good ? stdout : stderr);
    return answer.good ? 0 : 1;
}

int run_command(const std::vector<std::string>& words) {
    if (words.size() == 1 && words[0] == "list")
        return ask("list");
    if (auto ending = ending_named(words.empty() ? "" : words[0]); ending && words.size() == 1) {
        ask_init(*ending);
        return 0;
    }
    bool known = !words.empty() && (words[0] == "start" || words[0] == "stop" ||
                                    words[0] == "restart" || words[0] == "status");
    if (known && words.size() == 2 && words[1].find_first_of(" \t\n") == std::string::npos)
        return ask(words[0] + " " + words[1]);
    std::fputs(usage, stderr);
    return 2;
}

int run(std::string_view name, const std::vector<std::string>& words) {
    // As a command, "service system-init" does what the link NNN-containerd does.
    std::string_view part = name == "service" && words.size() == 1 ? words[0] : name;
    auto has = [&](std::string_view word) { return part.find(word) != part.npos; };
    if (has("volumes"))
        return mount_volumes() ? 0 : 1;
    if (has("onboot"))
        return run_containers("onboot") ? 0 : 1;
    if (has("onshutdown"))
        return shut_down() ? 0 : 1;
    if (has("steady"))
        return wait_until_steady() ? 0 : 1;
    if (has("containerd") || has("system-init"))
        return start_services() ? 0 : 1;
    return run_command(words);
}

} // namespace

int main(int count, char** arguments) {
    std::string_view name(arguments[0]);
    name.remove_prefix(name.rfind('/') == name.npos ? 0 : name.rfind('/') + 1);
    try {
        return run(name, std::vector<std::string>(arguments + 1, arguments + count));
    } catch (const Error& error) {
        complain("{}", error.what());
        return 1;
    }
}
