// SPDX-License-Identifier: Apache-2.0
#include "init/shutdown.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <string>
#include <vector>

#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "common/console.h"
#include "common/directory.h"
#include "common/words.h"

namespace coracle::guest {

namespace {

/// Interactive shells ignore SIGTERM, but end when their terminal goes.
void hang_up_terminals() {
    for (const auto& name : names_in("/proc")) {
        auto pid = parse_number(name);
        if (!pid || *pid <= 1)
            continue;
        std::string stat;
        try {
            stat = read_file_if_present("/proc/" + name + "/stat").value_or("");
        } catch (const std::exception&) {
            continue; // it ended meanwhile
        }
        // "PID (NAME) STATE PPID PGRP SESSION TTY ...": the name may hold anything.
        auto end = stat.rfind(')');
        auto words = words_of(end == stat.npos ? std::string_view()
                                               : std::string_view(stat).substr(end + 1));
        if (words.size() > 4 && words[4] != "0")
            ::kill(static_cast<pid_t>(*pid), SIGHUP);
    }
}

/// Reaps until no child is left or the time is up; true when none is left.
bool reap_all(int seconds) {
    sigset_t child;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const time_t end = now.tv_sec + seconds;
    while (true) {
        pid_t pid;
        while ((pid = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
        }
        if (pid < 0 && errno == ECHILD)
            return true;
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec >= end)
            return false;
        timespec rest{end - now.tv_sec, 0};
        ::sigtimedwait(&child, nullptr, &rest);
    }
}

/// Mount points, the last mounted first.
std::vector<std::string> mount_points() {
    std::vector<std::string> list;
    auto text = read_file_if_present("/proc/self/mounts").value_or("");
    for_each_line(text, [&](std::string_view line) {
        if (auto words = words_of(line); words.size() > 2)
            list.emplace_back(words[1]);
    });
    std::ranges::reverse(list);
    return list;
}

void unmount_all() {
    for (const auto& target : mount_points()) {
        bool needed = target == "/" || target == "/proc" || target == "/dev" || target == "/sys";
        if (!needed && ::umount2(target.c_str(), 0) != 0)
            ::mount(nullptr, target.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr);
    }
    ::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_RDONLY, nullptr);
}

} // namespace

void end_all_processes(int grace_seconds) {
    ::kill(-1, SIGTERM);
    ::kill(-1, SIGCONT);
    hang_up_terminals();
    if (reap_all(grace_seconds))
        return;
    ::kill(-1, SIGKILL);
    if (!reap_all(5))
        complain("some processes could not be ended");
}

void end_machine(Ending ending) {
    ::sync();
    unmount_all();
    ::sync();
    say("{}", ending == Ending::reboot ? "restarting"
              : ending == Ending::halt ? "halted"
                                       : "power off");
    ::reboot(ending == Ending::reboot ? RB_AUTOBOOT
             : ending == Ending::halt ? RB_HALT_SYSTEM
                                      : RB_POWER_OFF);
    while (true)
        ::pause();
}

} // namespace coracle::guest
