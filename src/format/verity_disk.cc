// SPDX-License-Identifier: Apache-2.0
// Disks whose root stays on them, verified block by block.
#include <algorithm>
#include <array>

#include <fcntl.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "disk/authenticode.h"
#include "disk/random_access_file.h"
#include "disk/verity.h"
#include "disk/virtual_disk.h"
#include "format/programs.h"
#include "format/root_initrd.h"
#include "format/system_disk.h"
#include "format/system_facts.h"
#include "format/tree_image.h"
#include "format/uki.h"

namespace coracle {

namespace {

/// Types of the Discoverable Partitions Specification.
struct PartitionTypes {
    std::string_view architecture;
    const char* root;
    const char* verity;
};
constexpr std::array partition_types = {
    PartitionTypes{"amd64", "4f68bce3-e8cd-4db1-96e7-fbcaf984b709",
                   "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5"},
    PartitionTypes{"arm64", "b921b045-1df0-41c3-af44-4c6f280d3fae",
                   "df3300ce-d69f-4c92-978c-9bfb0f38d820"},
    PartitionTypes{"riscv64", "72ec70a6-cf74-40e6-bd49-4bda08e8f224",
                   "b6ed5582-440b-4209-b8da-5ff7c419ea3d"},
};
constexpr const char* var_type = "4d21b016-b534-45c2-a9fb-5c16e091fd2d";
constexpr TreeFormat root_format = TreeFormat::erofs;
constexpr uint64_t least_var = 8 << 20;
constexpr const char* empty_slot = "_empty"; // as systemd-sysupdate calls it

/// What is verified: the root file system's image and its hashes.
struct VerifiedRoot {
    Extents image;
    VerityTree tree;
};

VerifiedRoot make_root(const FormatInput& input, std::vector<ComponentResult>& results) {
    Segment segment = make_tree_image(input, {.format = root_format}, results);
    uint64_t size = segment.facts.size;
    VerifiedRoot root;
    root.image.add_file(input.shared.hold(std::move(segment.file)), 0, size);
    root.tree = make_verity_tree(root.image, system_identity(input), input.pool);
    return root;
}

Guid var_partition(const FormatInput& input) {
    return Guid::derive("var " + system_identity(input));
}

/// An empty ext4.
Extents make_var(const FormatInput& input) {
    uint64_t size = std::max(input.disk.var_size, least_var) / 4096 * 4096;
    std::string program = require_program("mke2fs", "e2fsprogs");
    TempDir dir;
    std::string path = dir / "var.img";
    Fd fd = open_fd(path, O_RDWR | O_CREAT | O_EXCL);
    RandomAccessFile(fd.get(), path).resize(size);
    std::string id = Guid::derive("var file system " + system_identity(input)).str();
    Command command{{program, "-q", "-F", "-t", "ext4", "-L", "var", "-U", id, "-E",
                     "lazy_itable_init=1,root_owner=0:0,hash_seed=" + id, path}};
    std::string time = fmt::format("{}", generated_time());
    command.env = {{"E2FSPROGS_FAKE_TIME", time}, {"SOURCE_DATE_EPOCH", time}};
    run_checked(command);
    Extents content;
    content.add_sparse_file(input.shared.hold(std::move(fd)), size);
    return content;
}

std::string command_line(const FormatInput& input, const std::string& root_hash) {
    std::string line = input.rootfs.kernel()->cmdline();
    line += fmt::format("{}roothash={} rootfstype={}", line.empty() ? "" : " ", root_hash,
                        name_of(root_format));
    if (input.disk.var_size > 0)
        line += " coracle.var=PARTUUID=" + var_partition(input).str();
    return line;
}

Extents signed_program(const FormatInput& input, const std::string& name) {
    Extents program(read_efi_program(input, name));
    if (input.disk.secure_boot_key.empty())
        return program;
    return SecureBootKey(input.disk.secure_boot_key, input.disk.secure_boot_certificate)
        .sign(program);
}

/// One system is started by the firmware itself. With two slots systemd's boot loader chooses the
/// newest that has not failed: an update comes as ...+3.efi, with three attempts to prove itself.
std::vector<FatFile> esp_files(const FormatInput& input, const Extents& uki,
                               const std::string& root_hash) {
    EfiArchitecture efi = efi_architecture(input.platform);
    if (!input.disk.two_slots)
        return {{"EFI/BOOT/" + efi.boot_file, uki}};
    return {{"EFI/BOOT/" + efi.boot_file, signed_program(input, efi.boot_loader)},
            {"loader/loader.conf", Extents("timeout 0\neditor no\n")},
            {fmt::format("EFI/Linux/system_{}.efi", root_hash.substr(0, 16)), uki}};
}

/// Room for a root that has grown.
uint64_t slot_size(uint64_t size) { return size + size / 2; }

void add_slots(const FormatInput& input, const VerifiedRoot& root, GptDisk& disk) {
    auto types = std::ranges::find(partition_types, input.platform.architecture,
                                   &PartitionTypes::architecture);
    if (types == partition_types.end())
        throw Error("there are no partition types for {}", input.platform.str());
    const std::string& hash = root.tree.root_hash;
    bool two = input.disk.two_slots;
    uint64_t root_size = two ? slot_size(root.image.size()) : 0;
    uint64_t hash_size = two ? slot_size(root.tree.hashes.size()) : 0;
    auto add = [&](const char* type, const Guid& id, const std::string& name,
                   const Extents& content, uint64_t size) {
        disk.partitions.push_back({Guid::parse(type), id, name, content, gpt_read_only, size});
    };
    std::string suffix = two ? "-a" : "";
    add(types->root, Guid::half_of(hash, 0), "root" + suffix, root.image, root_size);
    add(types->verity, Guid::half_of(hash, 1), "root" + suffix + "-verity", root.tree.hashes,
        hash_size);
    if (!two)
        return;
    std::string identity = system_identity(input);
    add(types->root, Guid::derive("second root " + identity), empty_slot, {}, root_size);
    add(types->verity, Guid::derive("second verity " + identity), empty_slot, {}, hash_size);
}

Extents make_disk(const FormatInput& input, std::vector<ComponentResult>& results) {
    const Extents* initrd = root_initrd(input);
    if (initrd == nullptr)
        throw Error("none of the init images brings Coracle's /init, which opens the verified root")
            .hint("\"@pkg:init\" among the 'init:' images");
    VerifiedRoot root = make_root(input, results);
    const std::string& hash = root.tree.root_hash;
    Extents uki = make_uki(input, command_line(input, hash), *initrd);
    std::string identity = system_identity(input);
    GptDisk disk{Guid::derive("verity disk " + identity)};
    // The second slot's program needs room on the ESP too.
    uint64_t esp_size = input.disk.two_slots ? slot_size(uki.size()) * 2 : 0;
    disk.partitions.push_back(make_esp(esp_files(input, uki, hash), identity, esp_size));
    add_slots(input, root, disk);
    if (input.disk.var_size > 0)
        disk.partitions.push_back({Guid::parse(var_type), var_partition(input), "var",
                                   make_var(input), gpt_grow_file_system});
    Extents smallest = make_gpt_disk(disk);
    disk.size = settle_disk_size(input, smallest.size(), partition_alignment);
    return disk.size == smallest.size() ? smallest : make_gpt_disk(disk);
}

const Extents& verity_disk(const FormatInput& input, std::vector<ComponentResult>& results) {
    return input.shared.part("verity disk", [&] { return make_disk(input, results); });
}

} // namespace

void make_raw_efi_verity(const FormatInput& input, Outputs& outputs,
                         std::vector<ComponentResult>& results) {
    std::string path = input.base + "-efi-verity.img";
    const Extents& disk = verity_disk(input, results);
    RandomAccessFile file(outputs.create_file(path), path);
    file.write_at(0, disk);
    file.resize(disk.size());
}

void make_qcow2_efi_verity(const FormatInput& input, Outputs& outputs,
                           std::vector<ComponentResult>& results) {
    std::string path = input.base + "-efi-verity.qcow2";
    const Extents& disk = verity_disk(input, results);
    RandomAccessFile file(outputs.create_file(path), path);
    write_qcow2({disk, system_identity(input), generated_time()}, file);
}

} // namespace coracle
