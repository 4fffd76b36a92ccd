// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "run/disk.h"
#include "run/machine.h"
#include "run/options.h"
#include "run/state.h"

namespace coracle {

/// A machine, and what has to be made before it can start. Planning changes nothing.
struct RunPlan {
    Machine machine;
    MachineState state;
    std::vector<PlannedDisk> disks; ///< to create
    std::string firmware_store;     ///< to copy to machine.firmware_store; "" = none
    std::string certificate;        ///< DER, to enrol in that copy; "" = none
    std::string certificate_file;
    std::string image;   ///< what Secure Boot judges
    std::string program; ///< EFI program to put on a disk at program_disk; "" = none
    std::string program_disk;
    std::string metadata; ///< content for the ISO at metadata_iso
    std::string metadata_iso;
    std::string virtiofsd;
    std::string swtpm;
    std::string tpm_directory;  ///< of the emulator's state
    bool may_fall_back = false; ///< from KVM to TCG
};

/// Decides everything. Throws for what is missing, contradictory or too little.
RunPlan plan_run(const RunOptions& options, Reporter& reporter);

/// Makes the state directory and what the plan says has to be made.
void prepare(const RunPlan& plan);

} // namespace coracle
