// SPDX-License-Identifier: Apache-2.0
#include "format/boot_files.h"

#include "format/kernel_facts.h"
#include "format/root_initrd.h"

namespace coracle {

void write_boot_files(const FormatInput& input, Outputs& outputs) {
    if (!outputs.claim(input.base + "-kernel"))
        return;
    Segment binary = kernel_binary(*input.rootfs.kernel(), input.cache);
    outputs.create(input.base + "-kernel").write_file(binary.file.get(), 0, binary.facts.size);
    outputs.create(input.base + "-cmdline").write(input.rootfs.kernel()->cmdline());
}

void write_root_initrd(const FormatInput& input, Outputs& outputs) {
    std::string path = input.base + "-root-initrd.img";
    const Extents* initrd = root_initrd(input);
    if (initrd != nullptr && outputs.claim(path))
        initrd->write_to(outputs.create(path));
}

} // namespace coracle
