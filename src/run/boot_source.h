// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "run/options.h"

namespace coracle {

/// What a machine boots from.
struct BootSource {
    enum class Kind { initrd, root, iso, disk };
    Kind kind;
    std::string kernel;         ///< path, for initrd and root
    std::string cmdline;        ///< its content, for initrd and root
    std::string image;          ///< path of the initrd, root file system, ISO or disk
    std::string stem;           ///< what PREFIX-state is named after
    std::string root_type = {}; ///< of a root: "squashfs", "erofs", "ext4" or "iso9660"
    std::string initrd = {};    ///< path of the small initrd that mounts a root; "" = none
};

/// Finds out what `options.prefix` is, unless --kernel, --iso or --squashfs say so: PREFIX-kernel
/// with PREFIX-initrd.img, with the root file system in PREFIX-squashfs.img, PREFIX-erofs.img,
/// PREFIX-ext4.img or a PREFIX.iso that does not boot by itself; an ISO, a disk image; by its name,
/// or with the endings that `build` gives. Throws when there is nothing.
BootSource find_boot_source(const RunOptions& options);

/// "raw", "qcow2", "vmdk", "vpc", "vhdx" or "vdi", by the first bytes of the file.
std::string detect_disk_format(const std::string& path);

} // namespace coracle
