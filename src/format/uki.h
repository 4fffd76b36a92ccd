// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "format/format.h"

namespace coracle {

/// How UEFI calls an architecture.
struct EfiArchitecture {
    std::string boot_file;   ///< "BOOTX64.EFI": what firmware starts of a disk
    std::string stub;        ///< "linuxx64.efi.stub": systemd's stub
    std::string boot_loader; ///< "systemd-bootx64.efi": systemd's boot loader
};
/// Throws where there is no UEFI.
EfiArchitecture efi_architecture(const Platform& platform);

/// A program of systemd's for the system's architecture, as efi_architecture() names it: of this
/// machine (package systemd-boot-efi), else as `input.fetch_efi_program` gives it.
std::string read_efi_program(const FormatInput& input, const std::string& name);

/// An EFI program, signed where the settings have a key.
Extents maybe_signed(const FormatInput& input, Extents program);

/// A unified kernel image (the UAPI Group's Unified Kernel Image specification): systemd's stub
/// with the sections .osrel, .cmdline, .uname, .sbom, .initrd and .linux; signed where the settings
/// have a key. The bytes depend on its parts alone.
Extents make_uki(const FormatInput& input, const std::string& cmdline, const Extents& initrd);

/// The image of the whole system in its initrd, made once in a build.
const Extents& system_uki(const FormatInput& input, std::vector<ComponentResult>& results);

/// The initrd, made once in a build: see write_initrd().
const Extents& system_initrd(const FormatInput& input, std::vector<ComponentResult>& results);
/// The kernel, made once in a build.
const Extents& system_kernel(const FormatInput& input);

} // namespace coracle
