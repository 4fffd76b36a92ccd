// SPDX-License-Identifier: Apache-2.0
#include "format/uki.h"

#include <array>
#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "base/on_disk.h"
#include "disk/authenticode.h"
#include "disk/pe.h"
#include "format/initrd.h"
#include "format/kernel_facts.h"
#include "format/system_facts.h"

namespace coracle {

namespace {

struct Known {
    std::string_view architecture;
    std::string_view suffix;
    uint16_t machine;
};
constexpr std::array known_architectures = {
    Known{"amd64", "x64", pe_machine::amd64},
    Known{"arm64", "aa64", pe_machine::arm64},
    Known{"riscv64", "riscv64", pe_machine::riscv64},
};
constexpr const char* efi_programs = "/usr/lib/systemd/boot/efi/";
constexpr uint64_t most_program = 16 << 20;

const Known& known(const Platform& platform) {
    for (const auto& candidate : known_architectures)
        if (candidate.architecture == platform.architecture)
            return candidate;
    throw Error("there is no UEFI for {}", platform.str());
}

std::string head_of(const Extents& extents) {
    std::string head(std::min<uint64_t>(extents.size(), 64 << 10), '\0');
    extents.read_at(0, head);
    return head;
}

/// A kernel that is started where it lies needs more memory than its file.
uint64_t memory_of(const Extents& kernel, const Platform& platform) {
    std::string what = fmt::format("the kernel for {}", platform.str());
    PeLayout layout = read_pe(head_of(kernel), what);
    if (layout.machine != known(platform).machine)
        throw Error("the kernel is an EFI program for another architecture than {}",
                    platform.str());
    return layout.image_size;
}

} // namespace

EfiArchitecture efi_architecture(const Platform& platform) {
    std::string suffix(known(platform).suffix);
    std::string stub = "linux" + suffix + ".efi.stub";
    std::string boot_loader = "systemd-boot" + suffix + ".efi";
    std::ranges::transform(suffix, suffix.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return {"BOOT" + suffix + ".EFI", stub, boot_loader};
}

std::string read_efi_program(const FormatInput& input, const std::string& name) {
    std::string path = efi_programs + name;
    if (auto program = read_file_if_present(path, most_program))
        return *program;
    bool here = input.platform.architecture == Platform::host().architecture;
    std::string hint = here ? "apt-get install systemd-boot-efi" : "";
    if (!input.fetch_efi_program)
        throw Error("systemd's EFI program '{}' is not installed", path).hint(hint);
    try {
        return input.fetch_efi_program(name);
    } catch (const Error& error) {
        throw Error("systemd's EFI program '{}' is not installed and cannot be fetched: {}", path,
                    error.message())
            .hint(here ? hint : error.hint());
    }
}

Extents maybe_signed(const FormatInput& input, Extents program) {
    if (input.disk.secure_boot_key.empty())
        return program;
    return SecureBootKey(input.disk.secure_boot_key, input.disk.secure_boot_certificate)
        .sign(program);
}

Extents make_uki(const FormatInput& input, const std::string& cmdline, const Extents& initrd) {
    std::string stub = read_efi_program(input, efi_architecture(input.platform).stub);
    const Extents& kernel = system_kernel(input);
    std::vector<PeSection> sections;
    sections.push_back({".osrel", Extents(os_release(input))});
    sections.push_back({".cmdline", Extents(cmdline)});
    if (auto version = bzimage_version(head_of(kernel)))
        sections.push_back({".uname", Extents(version->substr(0, version->find(' ')))});
    if (auto sbom = bill_of_materials(input))
        sections.push_back({".sbom", Extents(std::move(*sbom))});
    sections.push_back({".initrd", initrd});
    // Last, so that what it needs beyond its file covers nothing.
    sections.push_back({".linux", kernel, memory_of(kernel, input.platform)});
    return maybe_signed(input, add_pe_sections(stub, sections, "systemd's stub"));
}

const Extents& system_kernel(const FormatInput& input) {
    return input.shared.part("kernel", [&] {
        Segment binary = kernel_binary(*input.rootfs.kernel(), input.cache);
        Extents kernel;
        uint64_t size = binary.facts.size;
        kernel.add_file(input.shared.hold(std::move(binary.file)), 0, size);
        return kernel;
    });
}

const Extents& system_initrd(const FormatInput& input, std::vector<ComponentResult>& results) {
    return input.shared.part("initrd", [&] {
        ExtentsSink sink(input.shared);
        write_initrd(input, sink, results);
        return sink.take();
    });
}

const Extents& system_uki(const FormatInput& input, std::vector<ComponentResult>& results) {
    return input.shared.part("uki", [&] {
        return make_uki(input, input.rootfs.kernel()->cmdline(), system_initrd(input, results));
    });
}

} // namespace coracle
