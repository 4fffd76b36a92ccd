// SPDX-License-Identifier: Apache-2.0
#include "run/qemu.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <thread>

#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "run/child.h"
#include "run/kvm_watch.h"
#include "run/plan.h"

namespace coracle {

namespace {

/// Gives the terminal back as it was, also when QEMU had no time to do so.
class TerminalKeeper {
public:
    TerminalKeeper() : terminal_(::tcgetattr(STDIN_FILENO, &settings_) == 0) {}
    ~TerminalKeeper() {
        if (terminal_)
            ::tcsetattr(STDIN_FILENO, TCSANOW, &settings_);
    }
    TerminalKeeper(const TerminalKeeper&) = delete;
    TerminalKeeper& operator=(const TerminalKeeper&) = delete;

    /// In the background, a program that reads or sets the terminal is stopped.
    bool is_ours() const { return !terminal_ || ::tcgetpgrp(STDIN_FILENO) == ::getpgrp(); }

private:
    termios settings_{};
    bool terminal_;
};

std::string shell_line(const std::vector<std::string>& command) {
    std::vector<std::string> quoted;
    std::ranges::transform(command, std::back_inserter(quoted), shell_quote);
    return join(quoted, " ");
}

std::vector<std::unique_ptr<Child>> start_sharing(const RunPlan& plan) {
    constexpr auto patience = std::chrono::seconds(5);
    std::vector<std::unique_ptr<Child>> daemons;
    for (const auto& shared : plan.machine.shared) {
        ::unlink(shared.socket.c_str());
        std::vector<std::string> command = {plan.virtiofsd, "--socket-path=" + shared.socket, "-o",
                                            "source=" + shared.path};
        daemons.push_back(std::make_unique<Child>(command, Child::Streams{.no_input = true}));
        auto until = std::chrono::steady_clock::now() + patience;
        while (!exists(shared.socket) && daemons.back()->running() &&
               std::chrono::steady_clock::now() < until)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        if (!exists(shared.socket))
            throw Error("virtiofsd does not serve '{}'", shared.path);
    }
    return daemons;
}

void tell_of_console(const RunPlan& plan, Reporter& reporter) {
    reporter.info(plan.machine.gui
                      ? "console on this terminal: Ctrl-a x ends the machine, so does its window"
                      : "console on this terminal: Ctrl-a x ends the machine, Ctrl-a h tells more");
}

void expect_success(int status) {
    if (status != 0)
        throw Error("QEMU ended with status {}", status);
}

void run_attached(RunPlan plan, Reporter& reporter) {
    TerminalKeeper terminal;
    tell_of_console(plan, reporter);
    auto daemons = start_sharing(plan);
    Child::Streams streams{.no_input = !terminal.is_ours()};
    if (plan.machine.accelerator == Accelerator::kvm && plan.may_fall_back) {
        streams.read_error = true;
        Child qemu(qemu_command(plan.machine), streams);
        auto end = watch_kvm(qemu, plan.machine.monitor);
        if (end.failure.empty())
            return expect_success(end.status);
        reporter.warning(fmt::format("the guest died under KVM ({}); starting it again without, "
                                     "which is slow",
                                     end.failure));
        plan.machine.accelerator = Accelerator::tcg;
        streams.read_error = false;
        daemons.clear();
        daemons = start_sharing(plan);
    }
    Child qemu(qemu_command(plan.machine), streams);
    expect_success(qemu.wait());
}

void run_detached(const RunPlan& plan, Reporter& reporter) {
    if (!plan.machine.shared.empty())
        throw UsageError("--detached and --virtiofs exclude each other");
    Outcome outcome = run({.argv = qemu_command(plan.machine), .capture_error = true});
    if (outcome.status != 0)
        throw Error("QEMU does not start: {}", trim(outcome.error));
    auto pid = trim(read_file(plan.machine.pid_file));
    reporter.info(fmt::format("runs as process {}; console in {}; kill {} ends it", pid,
                              plan.machine.console, pid));
}

} // namespace

void run_qemu(const RunOptions& options, Reporter& reporter) {
    RunPlan plan = plan_run(options, reporter);
    if (options.dry_run) {
        fmt::print("{}\n", shell_line(qemu_command(plan.machine)));
        return;
    }
    prepare(plan);
    if (options.detached)
        run_detached(plan, reporter);
    else
        run_attached(std::move(plan), reporter);
}

} // namespace coracle
