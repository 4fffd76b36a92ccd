// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/fd.h"
#include "common/netlink.h"
#include "init/boot_trial.h"
#include "init/module_loader.h"
#include "init/power_button.h"
#include "init/scripts.h"
#include "init/shutdown.h"

namespace coracle::guest {

/// The parts of PID 1 that a container does not have.
struct Hardware {
    explicit Hardware(KernelCommandLine cmdline);
    /// Loads modules for all devices, and for those that appear by that, until nothing is new.
    void coldplug();
    /// Serves the uevents that are waiting.
    void hotplug();
    /// Modules that /etc/modules and /etc/modules-load.d name.
    void load_configured();

    NetlinkSocket uevents;
    ModuleLoader modules;
    std::optional<PowerButton> power;
};

/// PID 1 once the system stands: runs /etc/init.d, reaps, serves hotplug and power buttons, and on
/// request runs /etc/shutdown.d and ends everything. On trial, it runs /etc/boot-check.d too: when
/// all programs have ended well, the trial is passed, and when one has not, or the time is up, the
/// machine restarts.
class MainLoop {
public:
    /// `hardware` is null in a container. Signals are blocked by now.
    explicit MainLoop(Hardware* hardware, std::optional<BootTrial> trial = std::nullopt);
    /// Returns when all processes have ended.
    Ending run();

private:
    void wait_for_events();
    void take_signals();
    void reap();
    void ask_for(Ending ending);
    void scripts_done();
    void fail_trial(const std::string& why);
    int timeout() const;

    Hardware* hardware_;
    Fd signals_;
    Scripts scripts_{"/etc/init.d"};
    bool running_scripts_ = false;
    std::optional<BootTrial> trial_; ///< while it lasts
    bool checking_ = false;          ///< the scripts are those of /etc/boot-check.d
    std::optional<Ending> ending_;
    long deadline_ = 0; ///< of the shutdown scripts, seconds on the monotonic clock
};

/// Blocks all signals that the main loop takes through its descriptor.
void block_signals();

} // namespace coracle::guest
