// SPDX-License-Identifier: Apache-2.0
// The formats that are an ISO from which a machine starts; the same bytes boot as a disk.
#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "disk/guid.h"
#include "filesystem/iso9660.h"
#include "format/format.h"
#include "format/system_disk.h"
#include "format/system_facts.h"
#include "format/uki.h"
#include "rootfs/image_rules.h"

namespace coracle {

namespace {

constexpr uint64_t most_loader = 16 << 20;
constexpr const char* isolinux = "/usr/lib/ISOLINUX/isolinux.bin";
constexpr const char* isolinux_disk = "/usr/lib/ISOLINUX/isohdpfx.bin";
constexpr const char* isolinux_module = "/usr/lib/syslinux/modules/bios/ldlinux.c32";
constexpr const char* efi_image = "boot/efi.img";

Extents read_part(const char* path, const char* package) {
    if (!exists(path))
        throw Error("'{}' is not installed", path).hint(fmt::format("apt-get install {}", package));
    return Extents(read_file(path, most_loader));
}

/// A tree of a few files.
Tree tree_of(const FormatInput& input, const std::vector<FatFile>& files) {
    EntrySpool spool(unnamed_file(input.cache.directory()));
    int64_t time = generated_time();
    spool.add(directory_entry(TreePath(), time));
    for (const auto& [path, content] : files) {
        ExtentsSource source(content);
        spool.add(file_entry(TreePath(path), content.size(), time), source);
    }
    spool.finish();
    Tree tree;
    tree.take(std::move(spool));
    return tree;
}

void write_iso(const FormatInput& input, Outputs& outputs, const std::string& ending,
               const std::vector<FatFile>& files, IsoBoot boot) {
    IsoOptions options;
    options.uuid = Guid::derive("iso" + ending + " " + system_identity(input)).in_order();
    options.time = generated_time();
    options.reporter = &input.reporter;
    options.boot = std::move(boot);
    write_iso9660(tree_of(input, files), outputs.create_file(input.base + ending), options);
}

/// A line break would end the line that it stands in.
std::string cmdline_of(const FormatInput& input) {
    std::string text = input.rootfs.kernel()->cmdline();
    std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return text;
}

void write_efi_iso(const FormatInput& input, Outputs& outputs, const std::string& ending,
                   const std::vector<FatFile>& esp) {
    auto partition = make_esp(esp, system_identity(input));
    write_iso(input, outputs, ending, {{efi_image, partition.content}},
              {IsoBoot::Kind::uefi, TreePath(efi_image)});
}

} // namespace

void make_iso_bios(const FormatInput& input, Outputs& outputs,
                   std::vector<ComponentResult>& results) {
    if (input.platform.architecture != "amd64")
        throw Error("a machine of {} has no BIOS", input.platform.str()).hint("--format iso-efi");
    std::string configuration = "DEFAULT linux\nPROMPT 0\nTIMEOUT 0\nLABEL linux\n"
                                "    LINUX /kernel\n    INITRD /initrd.img\n";
    if (std::string cmdline = cmdline_of(input); !cmdline.empty())
        configuration += "    APPEND " + cmdline + "\n";
    std::string program = "isolinux/isolinux.bin";
    std::vector<FatFile> files = {
        {program, read_part(isolinux, "isolinux")},
        {"isolinux/isolinux.cfg", Extents(configuration)},
        {"isolinux/ldlinux.c32", read_part(isolinux_module, "syslinux-common")},
        {"kernel", system_kernel(input)},
        {"initrd.img", system_initrd(input, results)}};
    write_iso(
        input, outputs, ".iso", files,
        {IsoBoot::Kind::bios, TreePath(program), read_part(isolinux_disk, "isolinux").read_all()});
}

void make_iso_efi(const FormatInput& input, Outputs& outputs,
                  std::vector<ComponentResult>& results) {
    auto boot_file = efi_architecture(input.platform).boot_file;
    write_efi_iso(input, outputs, "-efi.iso",
                  {{"EFI/BOOT/" + boot_file, system_uki(input, results)}});
}

/// Kernel, initrd and command line are files of their own here, started by systemd-boot.
void make_iso_efi_initrd(const FormatInput& input, Outputs& outputs,
                         std::vector<ComponentResult>& results) {
    auto efi = efi_architecture(input.platform);
    std::string entry = "title Linux\nlinux /kernel\ninitrd /initrd.img\n";
    if (std::string cmdline = cmdline_of(input); !cmdline.empty())
        entry += "options " + cmdline + "\n";
    Extents boot = maybe_signed(input, Extents(read_efi_program(input, efi.boot_loader)));
    write_efi_iso(input, outputs, "-efi-initrd.iso",
                  {{"EFI/BOOT/" + efi.boot_file, boot},
                   {"loader/loader.conf", Extents(std::string("timeout 0\n"))},
                   {"loader/entries/linux.conf", Extents(entry)},
                   {"kernel", maybe_signed(input, system_kernel(input))},
                   {"initrd.img", system_initrd(input, results)}});
}

} // namespace coracle
