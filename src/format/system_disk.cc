// SPDX-License-Identifier: Apache-2.0
#include "format/system_disk.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "format/syslinux.h"
#include "format/system_facts.h"
#include "format/uki.h"

namespace coracle {

namespace {

constexpr const char* esp_type = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
constexpr unsigned char fat_with_lba = 0x0c;

std::string seed(std::string_view what, const std::string& identity) {
    return fmt::format("{} {}", what, identity);
}

Extents make_uefi_disk(const FormatInput& input, std::vector<ComponentResult>& results,
                       uint64_t size) {
    std::string identity = system_identity(input);
    std::string boot_file = efi_architecture(input.platform).boot_file;
    GptDisk disk{Guid::derive(seed("disk", identity))};
    disk.partitions.push_back(
        make_esp({{"EFI/BOOT/" + boot_file, system_uki(input, results)}}, identity));
    disk.size = size;
    return make_gpt_disk(disk);
}

/// A line break would end the line that it stands in.
std::string in_one_line(std::string text) {
    std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return text;
}

Extents make_bios_disk(const FormatInput& input, std::vector<ComponentResult>& results) {
    if (input.platform.architecture != "amd64")
        throw Error("a machine of {} has no BIOS", input.platform.str())
            .hint("a format for UEFI, such as raw-efi");
    std::string identity = system_identity(input);
    std::string configuration = "DEFAULT linux\nPROMPT 0\nTIMEOUT 0\nLABEL linux\n"
                                "    KERNEL /kernel\n    INITRD /initrd.img\n";
    if (auto cmdline = in_one_line(input.rootfs.kernel()->cmdline()); !cmdline.empty())
        configuration += "    APPEND " + cmdline + "\n";
    std::vector<FatFile> files = {{"syslinux.cfg", Extents(configuration)},
                                  {"kernel", system_kernel(input)},
                                  {"initrd.img", system_initrd(input, results)}};
    FatOptions options;
    options.serial = derive_number(seed("boot partition", identity));
    options.time = generated_time();
    options.hidden_sectors = partition_alignment / sector_size;
    MbrDisk disk{derive_number(seed("disk", identity)), syslinux_mbr(), fat_with_lba,
                 make_syslinux_partition(std::move(files), options)};
    return make_mbr_disk(disk);
}

} // namespace

GptPartition make_esp(const std::vector<FatFile>& files, const std::string& identity,
                      uint64_t size) {
    FatOptions options;
    options.size = size;
    options.label = "ESP";
    options.serial = derive_number(seed("esp", identity));
    options.time = generated_time();
    options.hidden_sectors = partition_alignment / sector_size;
    return {Guid::parse(esp_type), Guid::derive(seed("esp", identity)), "esp",
            make_fat(files, options).image};
}

uint64_t settle_disk_size(const FormatInput& input, uint64_t needed, uint64_t multiple) {
    uint64_t wanted = input.disk.size;
    if (wanted != 0 && needed > wanted)
        input.reporter.warning(fmt::format("the disk has {}: {} do not suffice for what is on it",
                                           human_size(needed), human_size(wanted)));
    return (std::max(needed, wanted) + multiple - 1) / multiple * multiple;
}

const Extents& system_disk(const FormatInput& input, Firmware firmware,
                           std::vector<ComponentResult>& results, uint64_t multiple) {
    std::string name = firmware == Firmware::uefi ? "uefi disk" : "bios disk";
    const Extents& smallest = input.shared.part(name, [&] {
        return firmware == Firmware::uefi ? make_uefi_disk(input, results, 0)
                                          : make_bios_disk(input, results);
    });
    uint64_t size = settle_disk_size(input, smallest.size(), multiple);
    if (size == smallest.size())
        return smallest;
    return input.shared.part(fmt::format("{} of {}", name, size), [&] {
        if (firmware == Firmware::uefi)
            return make_uefi_disk(input, results, size); // whose table has a copy at the end
        Extents larger = smallest;
        larger.pad_to(size);
        return larger;
    });
}

Firmware usual_firmware(const Platform& platform) {
    return platform.architecture == "amd64" ? Firmware::bios : Firmware::uefi;
}

void write_raw(const FormatInput& input, Outputs& outputs, const std::string& ending,
               const Extents& content) {
    std::string path = input.base + ending;
    RandomAccessFile file(outputs.create_file(path), path);
    file.write_at(0, content);
    file.resize(content.size());
}

void write_virtual(const FormatInput& input, Outputs& outputs, const std::string& ending,
                   const Extents& content, void (*write)(const VirtualDisk&, RandomAccessFile&)) {
    std::string path = input.base + ending;
    RandomAccessFile file(outputs.create_file(path), path);
    write({content, system_identity(input), generated_time()}, file);
}

} // namespace coracle
