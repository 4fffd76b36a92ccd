// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "run/options.h"

namespace coracle {

/// UEFI firmware: the code, and the empty store of variables of which each machine gets a copy.
struct Firmware {
    std::string code;
    std::string store;      ///< "" = none
    bool as_kernel = false; ///< no content for flash, but a program as U-Boot is
};

/// `wanted` is --fw, or "" for what the distribution installs. For riscv64, what has not the size
/// of the machine's flash, 32 MiB, is a program. Throws when there is none, naming the package.
Firmware find_firmware(Arch arch, const std::string& wanted);

/// The distribution's firmware that knows Secure Boot, whose empty store takes the keys. Throws
/// when there is none, naming the package, and for an architecture that has none.
Firmware find_secure_boot_firmware(Arch arch);

} // namespace coracle
