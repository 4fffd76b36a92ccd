// SPDX-License-Identifier: Apache-2.0
#include "run/daemons.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"

namespace coracle {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto patience = std::chrono::seconds(5);

std::unique_ptr<Child> started(const Daemon& daemon) {
    ::unlink(daemon.socket.c_str());
    auto child = std::make_unique<Child>(daemon.command, Child::Streams{.no_input = true});
    auto until = Clock::now() + patience;
    while (!exists(daemon.socket) && child->running() && Clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (!exists(daemon.socket))
        throw Error("{} does not come up", daemon.name);
    return child;
}

} // namespace

std::vector<Daemon> daemons_of(const RunPlan& plan) {
    std::vector<Daemon> daemons;
    for (const auto& shared : plan.machine.shared)
        daemons.push_back(
            {{plan.virtiofsd, "--socket-path=" + shared.socket, "-o", "source=" + shared.path},
             shared.socket,
             fmt::format("virtiofsd for '{}'", shared.path)});
    const auto& socket = plan.machine.tpm;
    if (!socket.empty())
        // It ends with the connection of QEMU.
        daemons.push_back(
            {{plan.swtpm, "socket", "--tpm2", "--tpmstate", "dir=" + plan.tpm_directory, "--ctrl",
              "type=unixio,path=" + socket, "--terminate"},
             socket,
             "swtpm"});
    return daemons;
}

std::vector<std::unique_ptr<Child>> start_daemons(const RunPlan& plan) {
    std::vector<std::unique_ptr<Child>> children;
    std::ranges::transform(daemons_of(plan), std::back_inserter(children), started);
    return children;
}

DetachedTpm::DetachedTpm(const RunPlan& plan) {
    for (auto& daemon : daemons_of(plan)) {
        ::unlink(daemon.socket.c_str());
        auto pid_file = plan.state / "swtpm.pid";
        daemon.command.insert(daemon.command.end(), {"--daemon", "--pid", "file=" + pid_file});
        run_checked({daemon.command});
        pid_ = static_cast<pid_t>(parse_number(trim(read_file(pid_file))).value_or(0));
    }
}

DetachedTpm::~DetachedTpm() {
    if (pid_ > 0)
        ::kill(pid_, SIGTERM);
}

} // namespace coracle
