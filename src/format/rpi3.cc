// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "archive/tar_writer.h"
#include "base/error.h"
#include "base/file.h"
#include "format/format.h"
#include "format/uki.h"
#include "io/memory.h"
#include "rootfs/image_rules.h"
#include "rootfs/kernel_payload.h"

namespace coracle {

namespace {

/// What the board's own loader reads before there is a kernel.
constexpr std::array firmware_files = {"bootcode.bin", "fixup.dat", "start.elf"};
constexpr std::array device_trees = {"bcm2710-rpi-3-b.dtb", "bcm2837-rpi-3-b.dtb"};
constexpr std::string_view configuration = "arm_64bit=1\n"
                                           "enable_uart=1\n"
                                           "kernel=kernel8.img\n"
                                           "initramfs initrd.img followkernel\n";
constexpr uint64_t most_firmware = 64 << 20;

/// The file in the first of the firmware's directory, its subdirectory for device trees.
std::optional<std::string> find_firmware_file(const FormatInput& input, const std::string& name) {
    for (const char* folder : {"/", "/dtb/", "/broadcom/"})
        if (auto found =
                read_file_if_present(input.disk.rpi_firmware + folder + name, most_firmware))
            return found;
    return std::nullopt;
}

/// Keeps the device tree of the board from among the kernel's files.
class DeviceTreeFinder : public EntrySink {
public:
    using EntrySink::add;
    void add(const Entry& entry, Source& content) override {
        auto known = std::ranges::find(device_trees, entry.path.name());
        if (known != device_trees.end() && entry.type == EntryType::regular)
            found = read_all(content, most_firmware);
    }
    std::string found;
};

std::string device_tree(const FormatInput& input) {
    for (const char* name : device_trees)
        if (auto found = find_firmware_file(input, name))
            return *found;
    DeviceTreeFinder finder;
    if (input.rootfs.kernel()->has_modules())
        copy(*input.rootfs.kernel()->modules(), finder);
    if (finder.found.empty())
        throw Error("neither the firmware in '{}' nor the kernel's image has the device tree '{}'",
                    input.disk.rpi_firmware, device_trees[0])
            .hint("--rpi-firmware DIR, a copy of the folder 'boot' of the Raspberry Pi firmware");
    return finder.found;
}

/// The board's loader starts a kernel without compression.
std::string unpacked_kernel(const FormatInput& input) {
    std::string kernel;
    input.rootfs.kernel()->with_kernel([&](const Entry&, Source& content) {
        auto unpacked = make_kernel_unpacker(content);
        kernel = read_all(*unpacked, uint64_t{512} << 20);
    });
    return kernel;
}

} // namespace

void make_rpi3(const FormatInput& input, Outputs& outputs, std::vector<ComponentResult>& results) {
    if (input.platform.architecture != "arm64")
        throw Error("the format rpi3 is for arm64, not for {}", input.platform.str())
            .hint("--arch arm64");
    std::vector<std::pair<std::string, std::string>> files;
    for (const char* name : firmware_files) {
        auto found = find_firmware_file(input, name);
        if (!found)
            throw Error("the firmware of the Raspberry Pi is not in '{}': '{}' is missing",
                        input.disk.rpi_firmware, name)
                .hint("apt-get install raspi-firmware, of Debian's section non-free-firmware, or "
                      "--rpi-firmware DIR");
        files.emplace_back(name, std::move(*found));
    }
    files.emplace_back(device_trees[0], device_tree(input));
    files.emplace_back("kernel8.img", unpacked_kernel(input));
    files.emplace_back("config.txt", configuration);
    std::string cmdline = input.rootfs.kernel()->cmdline();
    std::ranges::replace(cmdline, '\n', ' ');
    files.emplace_back("cmdline.txt", cmdline + "\n");
    std::ranges::sort(files);

    TarWriter tar(outputs.create(input.base + ".tar"));
    for (const auto& [name, text] : files)
        tar.add(file_entry(TreePath(name), text.size(), generated_time()), text);
    const Extents& initrd = system_initrd(input, results);
    ExtentsSource content(initrd);
    tar.add(file_entry(TreePath("initrd.img"), initrd.size(), generated_time()), content);
    tar.finish();
}

} // namespace coracle
