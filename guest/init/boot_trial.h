// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/cmdline.h"

namespace coracle::guest {

/// The name of a boot entry without its counter (the Boot Loader Specification's "boot counting"):
/// "system_2.efi" for "system_2+2-1.efi"; nullopt for a name that has none.
std::optional<std::string> without_counter(std::string_view name);

/// A boot that the boot loader counts, because the system has not proved yet that it works: an
/// update. There are such boots where the command line says how long one may take:
/// `coracle.trial=SECONDS`.
class BootTrial {
public:
    /// nullopt when this boot is not counted. The module efivarfs is loaded by now, if it can be.
    static std::optional<BootTrial> find(const KernelCommandLine& cmdline);

    /// Until when the system must be up, on the monotonic clock in milliseconds.
    int64_t deadline() const { return seconds_ * 1000; }
    int64_t seconds() const { return seconds_; }
    /// Takes the counter from the entry's name on the EFI system partition: from now on this system
    /// is started without being counted. Throws Error.
    void pass() const;

private:
    BootTrial(std::string path, int64_t seconds) : path_(std::move(path)), seconds_(seconds) {}

    std::string path_; ///< on the EFI system partition: "/EFI/Linux/system_2+2-1.efi"
    int64_t seconds_;
};

/// For the initrd: where the boot is on trial, restarts the machine, so that the boot loader counts
/// down; else returns.
void restart_if_on_trial();

} // namespace coracle::guest
