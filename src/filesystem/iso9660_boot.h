// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "filesystem/iso9660.h"

namespace coracle::iso9660 {

/// What a boot record points to.
struct BootProgram {
    IsoBoot::Kind kind;
    uint64_t sector; ///< of 2048 bytes
    uint64_t size;   ///< bytes
};

/// The boot record (a volume descriptor) and its catalog, a sector each.
std::string boot_record(uint64_t catalog_sector);
std::string boot_catalog(const BootProgram& program);

/// isolinux.bin, told where it lies (its "boot information table").
std::string with_boot_information(std::string program, uint64_t sector);

/// The first 512 bytes of the whole, by which it is a disk too, of `size` bytes.
std::string hybrid_mbr(const BootProgram& program, const std::string& disk_code, uint32_t signature,
                       uint64_t size);

} // namespace coracle::iso9660
