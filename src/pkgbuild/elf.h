// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coracle {

/// Part of an open file, read by position. Does not own the descriptor.
struct FileSlice {
    int fd = -1;
    uint64_t offset = 0;
    uint64_t size = 0;
    std::string name; ///< for errors

    /// `count` bytes from `from` on. Throws Error("'NAME' is damaged: ...") beyond the end.
    std::string read(uint64_t from, uint64_t count) const;
};

/// What the dynamic linker would look at in an ELF file (System V ABI, chapters 4 and 5), of any
/// word size, byte order and machine.
struct ElfInfo {
    uint16_t machine = 0; ///< e_machine
    uint16_t type = 0;    ///< e_type
    std::string interpreter;
    std::string soname;
    std::vector<std::string> needed;
};

/// nullopt for what is no ELF file. Throws for one that is damaged. Reads at most some hundred KiB.
std::optional<ElfInfo> read_elf(const FileSlice& file);

/// The content of a section, e.g. ".modinfo"; nullopt when there is none. At most 4 MiB.
std::optional<std::string> read_elf_section(const FileSlice& file, std::string_view name);

/// e_machine for an architecture in Go's names; nullopt for one that is not known.
std::optional<uint16_t> elf_machine(std::string_view architecture);

} // namespace coracle
