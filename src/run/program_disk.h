// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "run/options.h"

namespace coracle {

/// Writes a disk from which UEFI firmware starts an EFI program.
void write_program_disk(const std::string& program, Arch arch, const std::string& path);

} // namespace coracle
