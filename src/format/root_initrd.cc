// SPDX-License-Identifier: Apache-2.0
#include "format/root_initrd.h"

#include <algorithm>
#include <array>

#include "archive/cpio_writer.h"
#include "format/initrd.h"
#include "format/kernel_facts.h"
#include "io/memory.h"
#include "rootfs/image_rules.h"
#include "rootfs/key.h"

namespace coracle {

namespace {

/// In every init that can go on to a root on a disk.
constexpr std::string_view marker = "/etc/initrd-release";
constexpr uint64_t most_init = 16 << 20;

/// What of the kernel's modules may stand between it and its root.
constexpr std::array module_folders = {"arch",
                                       "block",
                                       "crypto",
                                       "fs",
                                       "lib",
                                       "drivers/ata",
                                       "drivers/block",
                                       "drivers/bus",
                                       "drivers/cdrom",
                                       "drivers/clk",
                                       "drivers/crypto",
                                       "drivers/dax",
                                       "drivers/dma",
                                       "drivers/firmware",
                                       "drivers/gpio",
                                       "drivers/hv",
                                       "drivers/iommu",
                                       "drivers/md",
                                       "drivers/message",
                                       "drivers/mfd",
                                       "drivers/misc",
                                       "drivers/mmc",
                                       "drivers/nvdimm",
                                       "drivers/nvme",
                                       "drivers/pci",
                                       "drivers/phy",
                                       "drivers/pinctrl",
                                       "drivers/regulator",
                                       "drivers/reset",
                                       "drivers/scsi",
                                       "drivers/soc",
                                       "drivers/target",
                                       "drivers/ufs",
                                       "drivers/usb",
                                       "drivers/virtio",
                                       "drivers/xen"};

/// "lib/modules/VERSION/kernel/fs/..." -> "fs/..."; nullopt for what is not a module.
std::optional<std::string_view> inside_kernel_folder(std::string_view path) {
    auto at = path.find("/kernel/");
    if (at == path.npos)
        return std::nullopt;
    return path.substr(at + 8);
}

bool is_wanted(std::string_view path) {
    std::string_view modules = "lib/modules";
    if (path.starts_with("usr/"))
        path.remove_prefix(4);
    if (path == "init" || path.starts_with("etc/modprobe.d"))
        return true;
    if (!path.starts_with(modules))
        return path == "lib" || path == "etc";
    auto inside = inside_kernel_folder(path);
    if (!inside)
        return true;
    return std::ranges::any_of(module_folders, [&](std::string_view folder) {
        return inside->starts_with(folder) || folder.starts_with(*inside);
    });
}

/// Keeps what belongs in the initrd, and sees whether /init is ours.
class Selection : public EntrySink {
public:
    explicit Selection(EntrySink& next) : next_(next) {}
    using EntrySink::add;
    void add(const Entry& entry, Source& content) override {
        if (!is_wanted(entry.path.str()))
            return;
        bool file = entry.type == EntryType::regular;
        if (file && entry.path.str() == "init" && entry.size <= most_init) {
            std::string program = read_all(content, most_init);
            ours = program.find(marker) != program.npos;
            next_.add(entry, program);
        } else if (file || entry.is_directory() || entry.type == EntryType::symlink) {
            next_.add(entry, content);
        }
    }
    bool ours = false;

private:
    EntrySink& next_;
};

/// Components that lie on `/` itself.
std::vector<const Component*> system_components(const Rootfs& rootfs) {
    std::vector<const Component*> chosen;
    for (const auto& component : rootfs.components()) {
        const auto& location = component->location();
        bool boot = dynamic_cast<const BootComponent*>(component.get()) != nullptr;
        if (!boot && (location == "kernel" || location.starts_with("init[")))
            chosen.push_back(component.get());
    }
    return chosen;
}

/// The archive as it is compressed; "" where /init is not ours.
std::string make_archive(const FormatInput& input, InitrdCompression packing) {
    StringSink bytes;
    auto packed = make_compressor(bytes, packing.compression, packing.level);
    CpioWriter cpio(*packed);
    Selection selection(cpio);
    for (const auto* component : system_components(input.rootfs))
        component->emit(selection);
    if (!selection.ours)
        return "";
    int64_t time = generated_time();
    for (const char* name : {"dev", "proc", "sys", "sysroot", "etc"})
        cpio.add(directory_entry(TreePath(name), time));
    cpio.add(file_entry(TreePath(marker), 0, time), "");
    cpio.finish();
    return bytes.take();
}

std::string kept_archive(const FormatInput& input) {
    InitrdCompression packing =
        input.initrd ? *input.initrd : best_initrd_compression(*input.rootfs.kernel(), input.cache);
    KeyBuilder key("root initrd 1");
    key.add(name_of(packing.compression)).add(static_cast<uint64_t>(packing.level));
    key.add(static_cast<uint64_t>(generated_time()));
    for (const auto* component : system_components(input.rootfs))
        key.add(component->key());
    return input.cache.remember(key.hex(), [&] { return make_archive(input, packing); });
}

} // namespace

const Extents* root_initrd(const FormatInput& input) {
    const Extents& made = input.shared.part("root initrd", [&] {
        std::string archive = kept_archive(input);
        if (archive.empty())
            return Extents();
        ExtentsSink sink(input.shared);
        const Kernel& kernel = *input.rootfs.kernel();
        if (kernel.has_microcode())
            write_microcode(kernel, sink);
        sink.write(archive);
        return sink.take();
    });
    return made.size() > 0 ? &made : nullptr;
}

} // namespace coracle
