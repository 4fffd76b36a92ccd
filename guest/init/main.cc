// SPDX-License-Identifier: Apache-2.0
// PID 1 of a Coracle system. Under other names, or when it is not PID 1, it is a small command:
// poweroff, reboot and halt ask PID 1, modprobe loads a module for the kernel.
#include <cstdlib>
#include <string_view>

#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/error.h"
#include "common/console.h"
#include "init/disk_root.h"
#include "init/main_loop.h"
#include "init/system.h"

using namespace coracle;
using namespace coracle::guest;

namespace {

int modprobe(int count, char** words) {
    utsname system{};
    ::uname(&system);
    ModuleLoader loader(
        ModuleIndex(std::string("/lib/modules/") + system.release, "/etc/modprobe.d"),
        KernelCommandLine::current());
    int status = 0;
    for (int i = 1; i < count; ++i)
        if (words[i][0] != '-' && !loader.load_name_or_alias(words[i]))
            status = 1;
    return status;
}

int run_command(std::string_view name, int count, char** words) {
    if (auto ending = ending_named(name)) {
        ask_init(*ending);
        return 0;
    }
    // The kernel calls its module loader, whatever its path, as "modprobe -q -- NAME".
    if (name == "modprobe" || (count > 1 && std::string_view(words[1]) == "-q"))
        return modprobe(count, words);
    complain("'{}' runs as PID 1 only", name);
    return 2;
}

[[noreturn]] void run_in_container() {
    MainLoop loop(nullptr);
    loop.run();
    std::exit(0);
}

[[noreturn]] void run_system() {
    auto cmdline = KernelCommandLine::current();
    if (is_root_initrd()) {
        open_console();
        enter_disk_root(cmdline);
    }
    make_root_pivotable();
    open_console();
    mount_file_systems(cmdline);
    ::reboot(RB_DISABLE_CAD);
    prepare_environment();
    Hardware hardware(cmdline);
    hardware.coldplug();
    settle_identity();
    if (cmdline.value("coracle.trial"))
        hardware.modules.load_name_or_alias("efivarfs");
    MainLoop loop(&hardware, BootTrial::find(cmdline));
    end_machine(loop.run());
}

} // namespace

int main(int count, char** words) {
    std::string_view name(words[0]);
    name.remove_prefix(name.rfind('/') == name.npos ? 0 : name.rfind('/') + 1);
    if (::getpid() != 1) {
        try {
            return run_command(name, count, words);
        } catch (const std::exception& error) {
            complain("{}", error.what());
            return 1;
        }
    }
    ::setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    ::umask(022);
    block_signals();
    ::setsid();
    try {
        if (enter_system())
            run_system();
        run_in_container();
    } catch (const std::exception& error) {
        complain("{}", error.what());
        restart_if_on_trial();
    }
    // PID 1 must not end: the kernel would panic, and nobody could read the message.
    while (true)
        ::pause();
}
