// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/thread_pool.h"
#include "disk/extents.h"
#include "disk/guid.h"
#include "disk/random_access_file.h"

namespace coracle {

/// A disk on its way into the file of a virtual disk. The bytes of the file depend on this alone.
struct VirtualDisk {
    const Extents& content; ///< a multiple of 1 MiB
    std::string identity;   ///< identifiers are derived from it
    int64_t time = 0;       ///< when it was made, seconds since 1970
};

/// QEMU's format, version 3 (docs/interop/qcow2.txt), with clusters of 64 KiB, not compressed.
void write_qcow2(const VirtualDisk& disk, RandomAccessFile& file);

/// Microsoft's Virtual Hard Disk Image Format Specification 1.0: all of the disk and a footer, as
/// Azure takes it.
void write_fixed_vhd(const VirtualDisk& disk, RandomAccessFile& file);
/// The same with only the blocks of 2 MiB that hold something.
void write_dynamic_vhd(const VirtualDisk& disk, RandomAccessFile& file);

/// Microsoft's VHDX Format Specification 1.0 (MS-VHDX), dynamic.
void write_vhdx(const VirtualDisk& disk, RandomAccessFile& file);

/// VirtualBox's format, dynamic.
void write_vdi(const VirtualDisk& disk, RandomAccessFile& file);

/// VMware's Virtual Disk Format 5.0, streamOptimized: compressed, by all threads of the pool, from
/// a thread that is none of them. `name` is that of the file.
void write_vmdk(const VirtualDisk& disk, const std::string& name, ThreadPool& pool,
                RandomAccessFile& file);

/// Cylinders, heads and sectors as the VHD specification counts them.
struct DiskGeometry {
    uint32_t cylinders;
    uint32_t heads;
    uint32_t sectors;
};
DiskGeometry disk_geometry(uint64_t bytes);

} // namespace coracle
