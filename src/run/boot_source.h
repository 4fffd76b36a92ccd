// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "run/options.h"

namespace coracle {

/// What a machine boots from.
struct BootSource {
    enum class Kind { initrd, root, iso, disk, program };
    Kind kind;
    std::string kernel;         ///< path, for initrd and root
    std::string cmdline;        ///< its content, for initrd and root
    std::string image;          ///< path of the initrd, root file system, ISO, disk or EFI program
    std::string stem;           ///< what PREFIX-state is named after
    std::string root_type = {}; ///< of a root: "squashfs", "erofs", "ext4" or "iso9660"
    std::string initrd = {};    ///< path of the small initrd that mounts a root; "" = none
};

/// Finds out what `options.prefix` is, unless --kernel, --iso or --squashfs say so: PREFIX-kernel
/// with PREFIX-initrd.img, with the root file system in PREFIX-squashfs.img, PREFIX-erofs.img,
/// PREFIX-ext4.img or a PREFIX.iso that does not boot by itself; an ISO, a disk image; by its name,
/// or with the endings that `build` gives; a unified kernel image. Throws when there is nothing.
BootSource find_boot_source(const RunOptions& options);

/// Whether only UEFI firmware starts this: an EFI program, a raw disk with a GPT and no boot code,
/// an ISO that boots by El Torito for EFI alone, other disks by "-efi" in their names.
bool wants_uefi(const BootSource& source);

/// "raw", "qcow2", "vmdk", "vpc", "vhdx" or "vdi", by the first bytes of the file.
std::string detect_disk_format(const std::string& path);

} // namespace coracle
