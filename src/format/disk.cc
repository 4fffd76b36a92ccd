// SPDX-License-Identifier: Apache-2.0
// The formats that are a disk, each in a container of its own.
#include "disk/random_access_file.h"
#include "disk/virtual_disk.h"
#include "format/format.h"
#include "format/system_disk.h"
#include "format/system_facts.h"
#include "format/uki.h"

namespace coracle {

namespace {

const Extents& usual_disk(const FormatInput& input, std::vector<ComponentResult>& results) {
    return system_disk(input, usual_firmware(input.platform), results);
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
    write_raw(input, outputs, ".raw", usual_disk(input, results));
}

void make_qcow2_bios(const FormatInput& input, Outputs& outputs,
                     std::vector<ComponentResult>& results) {
    write_virtual(input, outputs, ".qcow2", system_disk(input, Firmware::bios, results),
                  write_qcow2);
}

void make_qcow2_efi(const FormatInput& input, Outputs& outputs,
                    std::vector<ComponentResult>& results) {
    write_virtual(input, outputs, "-efi.qcow2", system_disk(input, Firmware::uefi, results),
                  write_qcow2);
}

void make_vhd(const FormatInput& input, Outputs& outputs, std::vector<ComponentResult>& results) {
    write_virtual(input, outputs, ".vhd", usual_disk(input, results), write_fixed_vhd);
}

void make_dynamic_vhd(const FormatInput& input, Outputs& outputs,
                      std::vector<ComponentResult>& results) {
    write_virtual(input, outputs, ".vhd", usual_disk(input, results), write_dynamic_vhd);
}

void make_vhdx(const FormatInput& input, Outputs& outputs, std::vector<ComponentResult>& results) {
    write_virtual(input, outputs, ".vhdx", usual_disk(input, results), write_vhdx);
}

void make_vdi(const FormatInput& input, Outputs& outputs, std::vector<ComponentResult>& results) {
    write_virtual(input, outputs, ".vdi", usual_disk(input, results), write_vdi);
}

void make_vmdk(const FormatInput& input, Outputs& outputs, std::vector<ComponentResult>& results) {
    std::string path = input.base + ".vmdk";
    const Extents& content = usual_disk(input, results);
    RandomAccessFile file(outputs.create_file(path), path);
    write_vmdk({content, system_identity(input), generated_time()}, path, input.pool, file);
}

} // namespace coracle
