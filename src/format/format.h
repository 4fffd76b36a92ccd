// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/outputs.h"
#include "format/segments.h"
#include "format/shared_parts.h"
#include "oci/platform.h"
#include "rootfs/rootfs.h"

namespace coracle {

/// How an initrd is compressed.
struct InitrdCompression {
    Compression compression = Compression::gzip;
    int level = 0;
};

/// What disks and EFI programs are to be like.
struct DiskSettings {
    uint64_t size = 0;                ///< of the disk in bytes; grows where the content needs more
    std::string secure_boot_key = {}; ///< path of a PEM file; "" = EFI programs are not signed
    std::string secure_boot_certificate = {};
    bool two_slots = false;   ///< verity: a second, empty slot for updates, and boot counting
    std::string version = {}; ///< of the system, with two slots: see check_version(); "" = 1
    uint64_t var_size = 0;    ///< verity: bytes of a persistent /var; 0 = none
    bool var_grows = false;   ///< to the end of the disk it is written to
    std::string rpi_firmware = "/usr/lib/raspi-firmware"; ///< directory
};

/// What a format works with.
struct FormatInput {
    const Rootfs& rootfs;
    std::string base; ///< directory and name of the outputs: "out/redis-os"
    SegmentCache& cache;
    ThreadPool& pool;
    Reporter& reporter;
    std::optional<InitrdCompression> initrd = {}; ///< nullopt: what the kernel can unpack best
    Sink* stream = nullptr;               ///< for the streamed formats: where to, instead of a file
    Platform platform = Platform::host(); ///< what the system runs on
    DiskSettings disk = {};
    /// Brings a program of systemd's for UEFI that this machine does not have; may throw.
    std::function<std::string(const std::string& name)> fetch_efi_program = {};
    mutable SharedParts shared = {};
};

/// An output format.
struct Format {
    std::string_view name;
    std::string_view files; ///< for people: "NAME-kernel, NAME-initrd.img, NAME-cmdline"
    bool needs_kernel;
    bool streamed; ///< must be the only format of a build
    void (*make)(const FormatInput& input, Outputs& outputs, std::vector<ComponentResult>& results);
};

/// All formats.
const std::vector<Format>& formats();
/// Throws Error with a did-you-mean for an unknown name.
const Format& format_named(std::string_view name);

// One function per family, in files of their own.
void make_tar(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_docker(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_kernel_initrd(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_tar_kernel_initrd(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_kernel_squashfs(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_kernel_erofs(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_kernel_iso(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_ext4(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_raw(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_iso_bios(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_iso_efi(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_iso_efi_initrd(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_uki_file(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_verity_update(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_raw_bios(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_raw_efi(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_aws(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_qcow2_bios(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_qcow2_efi(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_vhd(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_dynamic_vhd(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_vmdk(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_vdi(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_vhdx(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_gcp(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_raw_efi_verity(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_qcow2_efi_verity(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_containerdisk(const FormatInput&, Outputs&, std::vector<ComponentResult>&);
void make_rpi3(const FormatInput&, Outputs&, std::vector<ComponentResult>&);

} // namespace coracle
