// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "disk/extents.h"

namespace coracle {

/// The architectures that programs are for (IMAGE_FILE_MACHINE_*).
namespace pe_machine {
inline constexpr uint16_t amd64 = 0x8664;
inline constexpr uint16_t arm64 = 0xaa64;
inline constexpr uint16_t riscv64 = 0x5064;
} // namespace pe_machine

/// A section of an EFI program.
struct PeSection {
    std::string name; ///< at most 8 characters
    Extents content;
    uint64_t memory = 0; ///< at least that many bytes when it is loaded
};

/// Where the fields lie that are needed to look at or change an EFI program (Microsoft's "PE
/// Format", of 64 bits). Offsets are those in the file.
struct PeLayout {
    uint16_t machine = 0;    ///< see pe_machine
    size_t checksum = 0;     ///< offset of the field
    size_t certificates = 0; ///< offset of the entry in the data directory
    uint32_t image_size = 0; ///< bytes in memory
    uint32_t section_alignment = 0;
    uint32_t file_alignment = 0;
    uint32_t headers_size = 0;
    size_t section_table = 0;
    unsigned sections = 0;
};

/// Reads the headers at the front of a program. Throws Error("WHAT is not an EFI program").
PeLayout read_pe(std::string_view head, std::string_view what);

/// Where the content of a section lies in a program's file.
struct PePlace {
    std::string name;
    uint64_t offset;
    uint64_t size; ///< bytes; without what only fills it up
};

/// The sections of a program, from the headers at its front; see read_pe(). Throws where they go
/// beyond `head`; whether the file is long enough is not known here.
std::vector<PePlace> pe_places(std::string_view head, std::string_view what);

/// The program with these sections behind its own, as the stub of a unified kernel image has them.
/// `what` names the stub in errors.
Extents add_pe_sections(std::string_view stub, const std::vector<PeSection>& sections,
                        std::string_view what);

} // namespace coracle
