// SPDX-License-Identifier: Apache-2.0
#include "run/qemu.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "run/child.h"
#include "run/daemons.h"
#include "run/firmware_watch.h"
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

void tell_of_console(const RunPlan& plan, Reporter& reporter) {
    reporter.info(plan.machine.gui
                      ? "console on this terminal: Ctrl-a x ends the machine, so does its window"
                      : "console on this terminal: Ctrl-a x ends the machine, Ctrl-a h tells more");
}

void expect_success(int status) {
    if (status != 0)
        throw Error("QEMU ended with status {}", status);
}

/// A QEMU, and with Secure Boot what is heard of its firmware.
class AttachedMachine {
public:
    AttachedMachine(const RunPlan& plan, Child::Streams streams) : plan_(plan) {
        auto machine = plan.machine;
        if (machine.secure_boot)
            machine.log = firmware_.emplace().path();
        qemu_.emplace(qemu_command(machine), streams);
        if (firmware_)
            firmware_->listen();
    }

    /// With KVM that may fail; standard error has to be read.
    KvmEnd watch() {
        auto end =
            watch_kvm(*qemu_, plan_.machine.monitor, firmware_ ? &firmware_.value() : nullptr);
        expect_no_refusal();
        return end;
    }

    void wait() {
        while (firmware_ && firmware_->take(*qemu_))
            ;
        expect_no_refusal();
        expect_success(qemu_->wait());
    }

private:
    void expect_no_refusal() const {
        if (firmware_ && firmware_->refused())
            throw Error("Secure Boot refuses '{}': it was changed after it was signed, or not "
                        "signed by the key of '{}'",
                        plan_.image, plan_.certificate_file)
                .hint("coracle build --secure-boot-key KEY.pem --secure-boot-cert CERT.pem");
    }

    const RunPlan& plan_;
    std::optional<FirmwareWatch> firmware_;
    std::optional<Child> qemu_;
};

void run_attached(RunPlan plan, Reporter& reporter) {
    TerminalKeeper terminal;
    tell_of_console(plan, reporter);
    auto daemons = start_daemons(plan);
    Child::Streams streams{.no_input = !terminal.is_ours()};
    if (plan.machine.accelerator == Accelerator::kvm && plan.may_fall_back) {
        streams.read_error = true;
        auto end = AttachedMachine(plan, streams).watch();
        if (end.failure.empty())
            return expect_success(end.status);
        reporter.warning(fmt::format("the guest died under KVM ({}); starting it again without, "
                                     "which is slow",
                                     end.failure));
        plan.machine.accelerator = Accelerator::tcg;
        streams.read_error = false;
        daemons.clear();
        daemons = start_daemons(plan);
    }
    AttachedMachine(plan, streams).wait();
}

void run_detached(const RunPlan& plan, Reporter& reporter) {
    if (!plan.machine.shared.empty())
        throw UsageError("--detached and --virtiofs exclude each other");
    DetachedTpm tpm(plan);
    Outcome outcome = run({.argv = qemu_command(plan.machine), .capture_error = true});
    if (outcome.status != 0)
        throw Error("QEMU does not start: {}", trim(outcome.error));
    tpm.keep();
    auto pid = trim(read_file(plan.machine.pid_file));
    reporter.info(fmt::format("runs as process {}; console in {}; kill {} ends it", pid,
                              plan.machine.console, pid));
}

} // namespace

void run_qemu(const RunOptions& options, Reporter& reporter) {
    RunPlan plan = plan_run(options, reporter);
    if (options.dry_run) {
        for (const auto& daemon : daemons_of(plan))
            fmt::print("{} &\n", shell_line(daemon.command));
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
