// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace coracle {

/// What a machine keeps from one run to the next, in files in its state directory: its network
/// address, its identity, the disks made for it.
struct MachineState {
    std::string directory;
    std::string mac;  ///< "02:...": locally administered
    std::string uuid; ///< version 4

    std::string operator/(const std::string& name) const { return directory + "/" + name; }
};

/// Reads the state in `directory`; what is not there yet is invented, but not written.
MachineState read_state(const std::string& directory);

/// Makes the directory and writes what read_state() invented.
void keep_state(const MachineState& state);

} // namespace coracle
