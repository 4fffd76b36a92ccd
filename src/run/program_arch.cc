// SPDX-License-Identifier: Apache-2.0
#include "run/program_arch.h"

#include "base/error.h"
#include "disk/pe.h"
#include "io/file_io.h"

namespace coracle {

std::optional<Arch> program_arch(const std::string& path) {
    FileSource file(path);
    std::string head(64 << 10, '\0');
    head.resize(read_full(file, head));
    try {
        switch (read_pe(head, path).machine) {
        case pe_machine::amd64: return Arch::x86_64;
        case pe_machine::arm64: return Arch::aarch64;
        case pe_machine::riscv64: return Arch::riscv64;
        default: return std::nullopt;
        }
    } catch (const Error&) {
        return std::nullopt;
    }
}

} // namespace coracle
