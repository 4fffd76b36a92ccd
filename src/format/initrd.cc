// SPDX-License-Identifier: Apache-2.0
#include "format/initrd.h"

#include "archive/tar_writer.h"
#include "base/error.h"
#include "base/file.h"
#include "format/boot_files.h"
#include "format/kernel_facts.h"
#include "io/memory.h"
#include "rootfs/image_rules.h"

namespace coracle {

/// The kernel copies the initrd's tail in words; members start at a multiple of four bytes.
void write_microcode(const Kernel& kernel, Sink& sink) {
    kernel.with_microcode([&](const Entry& entry, Source& content) {
        copy(content, sink);
        write_zeros(sink, (4 - entry.size % 4) % 4);
    });
}

void write_initrd(const FormatInput& input, Sink& sink, std::vector<ComponentResult>& results) {
    const Kernel* kernel = input.rootfs.kernel();
    InitrdCompression packing =
        input.initrd ? *input.initrd : best_initrd_compression(*kernel, input.cache);
    Encoding encoding{Encoding::Archive::cpio, packing.compression, packing.level};
    // The boot files stand beside the initrd.
    std::vector<const Component*> components;
    for (const auto& component : input.rootfs.components())
        if (dynamic_cast<const BootComponent*>(component.get()) == nullptr)
            components.push_back(component.get());
    SegmentQueue queue(std::move(components), encoding, input.cache, input.pool, input.reporter);
    if (kernel != nullptr && kernel->has_microcode())
        write_microcode(*kernel, sink);
    queue.write_to(sink, results);
}

void make_kernel_initrd(const FormatInput& input, Outputs& outputs,
                        std::vector<ComponentResult>& results) {
    write_boot_files(input, outputs);
    write_initrd(input, outputs.create(input.base + "-initrd.img"), results);
}

void make_tar_kernel_initrd(const FormatInput& input, Outputs& outputs,
                            std::vector<ComponentResult>& results) {
    const Kernel& kernel = *input.rootfs.kernel();
    FileSink& file = outputs.create(input.base + "-initrd.tar");
    TarWriter tar(file);
    int64_t time = generated_time();
    auto add = [&](const char* name, int fd, uint64_t size) {
        FileSource content(fd, name, 0, size);
        tar.add(file_entry(TreePath(name), size, time), content);
    };
    Segment binary = kernel_binary(kernel, input.cache);
    add("kernel", binary.file.get(), binary.facts.size);
    // A tar header tells the size, so the initrd is complete before it goes in.
    Fd spool = unnamed_file(input.cache.directory());
    FileSink initrd(spool.get(), "initrd");
    write_initrd(input, initrd, results);
    initrd.finish();
    add("initrd.img", spool.get(), initrd.position());
    std::string cmdline = kernel.cmdline();
    tar.add(file_entry(TreePath("cmdline"), cmdline.size(), time), cmdline);
    if (kernel.has_microcode())
        kernel.with_microcode([&](const Entry& entry, Source& content) {
            tar.add(file_entry(TreePath("ucode.cpio"), entry.size, time), content);
        });
    tar.finish();
}

} // namespace coracle
