// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "run/machine.h"
#include "run/options.h"

namespace coracle {

/// A --disk, and whether it has yet to be created.
struct PlannedDisk {
    Drive drive;
    uint64_t create = 0; ///< bytes; 0 when it is there
};

/// Decides on path and format of the `number`th disk (from 0): without a path it lies in `state`.
/// Throws when it is neither there nor has a size.
PlannedDisk plan_disk(const DiskOption& option, const std::string& state, size_t number);

/// Creates a sparse disk, with qemu-img where it is not raw.
void create_disk(const PlannedDisk& disk);

} // namespace coracle
