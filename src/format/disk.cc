// SPDX-License-Identifier: Apache-2.0
// The formats that are a disk, each in a container of its own.
#include "disk/random_access_file.h"
#include "format/format.h"
#include "format/system_disk.h"
#include "format/uki.h"

namespace coracle {

namespace {

void write_raw(const FormatInput& input, Outputs& outputs, const char* ending,
               const Extents& content) {
    std::string path = input.base + ending;
    RandomAccessFile file(outputs.create_file(path), path);
    file.write_at(0, content);
    file.resize(content.size());
}

} // namespace

void make_uki_file(const FormatInput& input, Outputs& outputs,
                   std::vector<ComponentResult>& results) {
    write_raw(input, outputs, ".efi", system_uki(input, results));
}

void make_raw_bios(const FormatInput& input, Outputs& outputs,
                   std::vector<ComponentResult>& results) {
    write_raw(input, outputs, "-bios.img", system_disk(input, Firmware::bios, results));
}

void make_raw_efi(const FormatInput& input, Outputs& outputs,
                  std::vector<ComponentResult>& results) {
    write_raw(input, outputs, "-efi.img", system_disk(input, Firmware::uefi, results));
}

void make_aws(const FormatInput& input, Outputs& outputs, std::vector<ComponentResult>& results) {
    write_raw(input, outputs, ".raw", system_disk(input, usual_firmware(input.platform), results));
}

} // namespace coracle
