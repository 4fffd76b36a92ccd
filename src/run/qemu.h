// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/progress.h"
#include "run/options.h"

namespace coracle {

/// Boots PREFIX in QEMU with its console on our terminal and returns when the machine is powered
/// off; with --detached as soon as it runs, with --dry-run without starting it. A guest's reboot
/// restarts it.
void run_qemu(const RunOptions& options, Reporter& reporter);

} // namespace coracle
