// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "disk/fat.h"
#include "disk/partition_table.h"
#include "disk/random_access_file.h"
#include "disk/virtual_disk.h"
#include "format/format.h"

namespace coracle {

/// How a disk is started.
enum class Firmware { bios, uefi };

/// A disk whose one partition holds the system as kernel and initrd: for UEFI a GPT disk with an
/// EFI system partition, for a BIOS one with an MBR and syslinux. Made once in a build. Its size in
/// bytes is a multiple of `multiple`.
const Extents& system_disk(const FormatInput& input, Firmware firmware,
                           std::vector<ComponentResult>& results, uint64_t multiple = 1 << 20);

/// What images for clouds and hypervisors boot by: a BIOS where there is one.
Firmware usual_firmware(const Platform& platform);

/// A size in bytes as the settings want it, and at least `needed`: a multiple of `multiple`. Says
/// so where it is more than was asked for.
uint64_t settle_disk_size(const FormatInput& input, uint64_t needed, uint64_t multiple);

/// Writes the file BASE + `ending` as it is.
void write_raw(const FormatInput& input, Outputs& outputs, const std::string& ending,
               const Extents& content);
/// Writes the file BASE + `ending` in a container, e.g. write_qcow2().
void write_virtual(const FormatInput& input, Outputs& outputs, const std::string& ending,
                   const Extents& content, void (*write)(const VirtualDisk&, RandomAccessFile&));

/// An EFI system partition with these files, its identifiers derived from `identity`, of at least
/// `size` bytes.
GptPartition make_esp(const std::vector<FatFile>& files, const std::string& identity,
                      uint64_t size = 0);

} // namespace coracle
