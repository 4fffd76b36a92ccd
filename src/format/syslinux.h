// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "disk/fat.h"

namespace coracle {

/// A FAT file system with these files that a BIOS starts: with syslinux installed in it, by the
/// program of this name, which writes to a sparse copy without the files. `time` is what it gives
/// its files.
Extents make_syslinux_partition(std::vector<FatFile> files, const FatOptions& options);

/// The code for an MBR that starts the active partition.
std::string syslinux_mbr();

} // namespace coracle
