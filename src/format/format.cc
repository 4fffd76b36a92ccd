// SPDX-License-Identifier: Apache-2.0
#include "format/format.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace coracle {

const std::vector<Format>& formats() {
    static const std::vector<Format> table = {
        {"kernel+initrd", "NAME-kernel, NAME-initrd.img, NAME-cmdline", true, false,
         make_kernel_initrd},
        {"tar-kernel-initrd", "NAME-initrd.tar", true, false, make_tar_kernel_initrd},
        {"kernel+squashfs", "NAME-kernel, NAME-squashfs.img, NAME-root-initrd.img, NAME-cmdline",
         true, false, make_kernel_squashfs},
        {"kernel+erofs", "NAME-kernel, NAME-erofs.img, NAME-root-initrd.img, NAME-cmdline", true,
         false, make_kernel_erofs},
        {"kernel+iso", "NAME-kernel, NAME.iso, NAME-root-initrd.img, NAME-cmdline", true, false,
         make_kernel_iso},
        {"iso-bios", "NAME.iso", true, false, make_iso_bios},
        {"iso-efi", "NAME-efi.iso", true, false, make_iso_efi},
        {"iso-efi-initrd", "NAME-efi-initrd.iso", true, false, make_iso_efi_initrd},
        {"ext4",
         "NAME-ext4.img, NAME-vmlinux, NAME-root-initrd.img, NAME-firecracker.json, "
         "NAME-cloud-hypervisor.json, NAME-kernel, NAME-cmdline",
         true, false, make_ext4},
        {"raw",
         "NAME-erofs.img, NAME-vmlinux, NAME-root-initrd.img, NAME-raw-firecracker.json, "
         "NAME-raw-cloud-hypervisor.json, NAME-kernel, NAME-cmdline",
         true, false, make_raw},
        {"tar", "NAME.tar", false, true, make_tar},
        {"docker", "NAME.docker", false, true, make_docker},
        {"uki", "NAME.efi", true, false, make_uki_file},
        {"raw-bios", "NAME-bios.img", true, false, make_raw_bios},
        {"raw-efi", "NAME-efi.img", true, false, make_raw_efi},
        {"aws", "NAME.raw", true, false, make_aws},
        {"qcow2-bios", "NAME.qcow2", true, false, make_qcow2_bios},
        {"qcow2-efi", "NAME-efi.qcow2", true, false, make_qcow2_efi},
        {"vhd", "NAME.vhd", true, false, make_vhd},
        {"dynamic-vhd", "NAME.vhd", true, false, make_dynamic_vhd},
        {"vmdk", "NAME.vmdk", true, false, make_vmdk},
        {"vdi", "NAME.vdi", true, false, make_vdi},
        {"vhdx", "NAME.vhdx", true, false, make_vhdx},
        {"gcp", "NAME.img.tar.gz", true, false, make_gcp},
        {"raw-efi-verity", "NAME-efi-verity.img", true, false, make_raw_efi_verity},
        {"qcow2-efi-verity", "NAME-efi-verity.qcow2", true, false, make_qcow2_efi_verity},
        {"verity-update", "NAME_VERSION_UUID.root, NAME_VERSION_UUID.verity, NAME_VERSION+3.efi",
         true, false, make_verity_update},
        {"containerdisk", "NAME-containerdisk.tar", true, false, make_containerdisk},
        {"rpi3", "NAME.tar", true, false, make_rpi3},
    };
    return table;
}

const Format& format_named(std::string_view name) {
    auto found = std::ranges::find(formats(), name, &Format::name);
    if (found != formats().end())
        return *found;
    std::vector<std::string_view> names;
    std::ranges::transform(formats(), std::back_inserter(names), &Format::name);
    auto meant = did_you_mean(name, names);
    throw Error("unknown format '{}'", name)
        .hint(meant ? fmt::format("--format {}", *meant)
                    : fmt::format("one of {}", fmt::join(names, ", ")));
}

} // namespace coracle
