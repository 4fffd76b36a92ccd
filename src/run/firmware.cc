// SPDX-License-Identifier: Apache-2.0
#include "run/firmware.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"

namespace coracle {

namespace {

struct Place {
    Arch arch;
    const char* code;
    const char* store;
};
constexpr std::array places = {
    Place{Arch::x86_64, "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"},
    Place{Arch::x86_64, "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"},
    Place{Arch::aarch64, "/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"},
    Place{Arch::riscv64, "/usr/share/qemu-efi-riscv64/RISCV_VIRT_CODE.fd",
          "/usr/share/qemu-efi-riscv64/RISCV_VIRT_VARS.fd"},
    Place{Arch::riscv64, "/usr/lib/u-boot/qemu-riscv64_smode/uboot.elf", ""},
};

constexpr std::array secure_boot_places = {
    Place{Arch::x86_64, "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd",
          "/usr/share/OVMF/OVMF_VARS_4M.fd"},
    Place{Arch::x86_64, "/usr/share/OVMF/OVMF_CODE.secboot.fd", "/usr/share/OVMF/OVMF_VARS.fd"},
    Place{Arch::aarch64, "/usr/share/AAVMF/AAVMF_CODE.ms.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"},
};

const char* package(Arch arch) {
    return arch == Arch::x86_64    ? "ovmf"
           : arch == Arch::aarch64 ? "qemu-efi-aarch64"
                                   : "u-boot-qemu";
}

bool is_program(Arch arch, const std::string& code) {
    constexpr uint64_t flash_size = 32 << 20;
    std::error_code error;
    return arch == Arch::riscv64 && std::filesystem::file_size(code, error) != flash_size;
}

} // namespace

Firmware find_firmware(Arch arch, const std::string& wanted) {
    if (!wanted.empty()) {
        if (!exists(wanted))
            throw Error("firmware '{}' is missing", wanted);
        auto known = std::ranges::find(places, wanted, &Place::code);
        return {wanted, known == places.end() ? "" : known->store, is_program(arch, wanted)};
    }
    for (const auto& place : places)
        if (place.arch == arch && exists(place.code))
            return {place.code, exists(place.store) ? place.store : "",
                    is_program(arch, place.code)};
    throw Error("no UEFI firmware for {} is installed", name_of(arch))
        .hint(fmt::format("apt-get install {}, or --fw FILE", package(arch)));
}

Firmware find_secure_boot_firmware(Arch arch) {
    if (std::ranges::find(secure_boot_places, arch, &Place::arch) == secure_boot_places.end())
        throw UsageError("there is no UEFI firmware with Secure Boot for {}", name_of(arch));
    for (const auto& place : secure_boot_places)
        if (place.arch == arch && exists(place.code) && exists(place.store))
            return {place.code, place.store};
    throw Error("no UEFI firmware with Secure Boot for {} is installed", name_of(arch))
        .hint(fmt::format("apt-get install {}", package(arch)));
}

} // namespace coracle
