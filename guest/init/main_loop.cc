// SPDX-License-Identifier: Apache-2.0
#include "init/main_loop.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

#include <linux/netlink.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "common/console.h"
#include "common/directory.h"
#include "common/monotonic.h"
#include "common/words.h"
#include "init/devices.h"

namespace coracle::guest {

namespace {

constexpr int served_signals[] = {SIGCHLD, SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGPWR};
constexpr long script_seconds = 120; ///< what the shutdown scripts may take together
constexpr int grace_seconds = 10;

sigset_t served() {
    sigset_t set;
    ::sigemptyset(&set);
    for (int signal : served_signals)
        ::sigaddset(&set, signal);
    return set;
}

long now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

std::string modules_directory() {
    utsname system{};
    ::uname(&system);
    return std::string("/lib/modules/") + system.release;
}

} // namespace

Hardware::Hardware(KernelCommandLine cmdline)
    : uevents(NETLINK_KOBJECT_UEVENT, 1),
      modules(ModuleIndex(modules_directory(), "/etc/modprobe.d"), std::move(cmdline)) {}

void Hardware::coldplug() {
    modules.load_for(present_modaliases());
    hotplug();
    load_configured();
    power.emplace();
    hotplug();
}

void Hardware::hotplug() {
    bool lost = false;
    while (true) {
        std::vector<std::string> modaliases;
        while (auto datagram = uevents.receive(lost)) {
            auto event = parse_uevent(*datagram);
            if (!event || event->action != "add")
                continue;
            if (!event->modalias.empty())
                modaliases.push_back(event->modalias);
            if (power && event->subsystem == "input")
                power->add_input(event->device);
        }
        if (std::exchange(lost, false))
            modaliases = present_modaliases();
        if (modaliases.empty())
            return;
        modules.load_for(std::move(modaliases));
    }
}

void Hardware::load_configured() {
    std::vector<std::string> files = {"/etc/modules"};
    for (const auto& name : names_in("/etc/modules-load.d"))
        if (name.ends_with(".conf"))
            files.push_back("/etc/modules-load.d/" + name);
    for (const auto& file : files) {
        auto text = read_file_if_present(file).value_or("");
        for_each_line(text, [&](std::string_view line) {
            auto words = words_of(line);
            if (words.empty() || words[0].starts_with('#') || words[0].starts_with(';'))
                return;
            if (!modules.load_name_or_alias(std::string(words[0])))
                complain("no module '{}', which '{}' names", words[0], file);
        });
    }
}

void block_signals() {
    sigset_t set = served();
    ::sigprocmask(SIG_SETMASK, &set, nullptr);
}

MainLoop::MainLoop(Hardware* hardware, std::optional<BootTrial> trial)
    : hardware_(hardware), trial_(std::move(trial)) {
    sigset_t set = served();
    signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_)
        throw Error::system(errno, "wait for signals");
}

Ending MainLoop::run() {
    running_scripts_ = scripts_.start_next();
    if (!running_scripts_)
        scripts_done();
    while (!ending_ || (running_scripts_ && now() < deadline_))
        wait_for_events();
    if (running_scripts_)
        complain("not waiting for the shutdown scripts any longer");
    end_all_processes(grace_seconds);
    return *ending_;
}

void MainLoop::wait_for_events() {
    std::vector<pollfd> waits = {{signals_.get(), POLLIN, 0}};
    if (hardware_ != nullptr) {
        waits.push_back({hardware_->uevents.fd(), POLLIN, 0});
        for (int fd : hardware_->power->descriptors())
            waits.push_back({fd, POLLIN, 0});
    }
    int count = ::poll(waits.data(), waits.size(), timeout());
    if (trial_ && !ending_ && monotonic_ms() >= trial_->deadline())
        fail_trial(fmt::format("the system is not up after {} s", trial_->seconds()));
    if (count <= 0)
        return;
    for (size_t i = 2; i < waits.size(); ++i)
        if (waits[i].revents != 0 && hardware_->power->pressed(waits[i].fd))
            ask_for(Ending::poweroff);
    if (waits.size() > 1 && waits[1].revents != 0)
        hardware_->hotplug();
    if (waits[0].revents != 0)
        take_signals();
}

void MainLoop::take_signals() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
        auto signal = static_cast<int>(info.ssi_signo);
        if (signal == SIGINT && ending_)
            deadline_ = 0; // ctrl-alt-del once more: whoever is at the keyboard is in a hurry
        else if (auto ending = ending_for(signal))
            ask_for(*ending);
    }
    reap();
}

void MainLoop::reap() {
    int status = 0;
    while (true) {
        pid_t child = ::waitpid(-1, &status, WNOHANG);
        if (child <= 0)
            return;
        if (!scripts_.ended(child, status))
            continue;
        running_scripts_ = scripts_.start_next();
        if (!running_scripts_)
            scripts_done();
    }
}

int MainLoop::timeout() const {
    if (ending_)
        return 1000;
    if (!trial_)
        return -1;
    return static_cast<int>(std::clamp<int64_t>(trial_->deadline() - monotonic_ms(), 0, 3600'000));
}

void MainLoop::scripts_done() {
    if (!trial_ || ending_)
        return;
    if (scripts_.failed())
        return fail_trial("a part of the system has failed");
    if (!std::exchange(checking_, true)) {
        scripts_ = Scripts("/etc/boot-check.d");
        running_scripts_ = scripts_.start_next();
        if (running_scripts_)
            return;
    }
    try {
        trial_->pass();
        trial_.reset();
    } catch (const Error& error) {
        fail_trial(error.message());
    }
}

void MainLoop::fail_trial(const std::string& why) {
    complain("{}; this system is on trial, so the machine restarts", why);
    trial_.reset();
    ask_for(Ending::reboot);
}

void MainLoop::ask_for(Ending ending) {
    if (ending_)
        return;
    ending_ = ending;
    deadline_ = now() + script_seconds;
    say("shutting down");
    scripts_ = Scripts("/etc/shutdown.d");
    running_scripts_ = scripts_.start_next();
}

} // namespace coracle::guest
