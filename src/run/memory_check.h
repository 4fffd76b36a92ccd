// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/progress.h"

namespace coracle {

/// How large an initrd is, in bytes.
struct InitrdSize {
    uint64_t packed;
    uint64_t unpacked;
};

/// Measures an initrd: archives one after another, each plain or compressed, as the kernel unpacks
/// them. nullopt where a part is packed in a way that we do not know.
std::optional<InitrdSize> measure_initrd(const std::string& path);

/// The least memory in bytes with which a kernel can unpack this initrd and run: while it unpacks,
/// both forms are in memory; and unless the command line makes the root a ramfs, it is a tmpfs,
/// which holds no more than half of what is left.
uint64_t memory_needed(const InitrdSize& size, std::string_view cmdline);

/// Throws when `memory` bytes are surely too few for the initrd, which would only show by missing
/// files.
void check_memory(uint64_t memory, const std::string& initrd, std::string_view cmdline);

} // namespace coracle
