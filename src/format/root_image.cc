// SPDX-License-Identifier: Apache-2.0
// The formats whose root file system is an image of its own, beside the kernel.
#include "format/boot_files.h"
#include "format/format.h"
#include "format/tree_image.h"

namespace coracle {

namespace {

void write_segment(Outputs& outputs, const std::string& path, const Segment& segment) {
    outputs.create(path).write_file(segment.file.get(), 0, segment.facts.size);
}

void make_kernel_and_root(const FormatInput& input, Outputs& outputs,
                          const TreeImageOptions& options, std::vector<ComponentResult>& results) {
    write_boot_files(input, outputs);
    write_root_initrd(input, outputs);
    std::string ending = options.format == TreeFormat::iso9660
                             ? ".iso"
                             : fmt::format("-{}.img", name_of(options.format));
    if (outputs.claim(input.base + ending))
        write_segment(outputs, input.base + ending, make_tree_image(input, options, results));
}

} // namespace

void make_kernel_squashfs(const FormatInput& input, Outputs& outputs,
                          std::vector<ComponentResult>& results) {
    make_kernel_and_root(input, outputs, {.format = TreeFormat::squashfs}, results);
}

void make_kernel_erofs(const FormatInput& input, Outputs& outputs,
                       std::vector<ComponentResult>& results) {
    make_kernel_and_root(input, outputs, {.format = TreeFormat::erofs}, results);
}

void make_kernel_iso(const FormatInput& input, Outputs& outputs,
                     std::vector<ComponentResult>& results) {
    make_kernel_and_root(input, outputs, {.format = TreeFormat::iso9660}, results);
}

} // namespace coracle
