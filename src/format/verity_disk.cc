// SPDX-License-Identifier: Apache-2.0
// Disks whose root stays on them, verified block by block.
#include <algorithm>
#include <array>

#include <fcntl.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "disk/random_access_file.h"
#include "disk/virtual_disk.h"
#include "format/programs.h"
#include "format/system_disk.h"
#include "format/system_facts.h"
#include "format/uki.h"
#include "format/verity_root.h"

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
constexpr uint64_t least_var = 8 << 20;
constexpr uint64_t group_size = 128 << 20;   // of an ext4 with blocks of 4096 bytes
constexpr const char* empty_slot = "_empty"; // as systemd-sysupdate calls it

/// An empty ext4. One that grows has blocks and inodes as a large one has: the number of inodes in
/// each 128 MiB stays what it is now.
Extents make_var(const FormatInput& input) {
    uint64_t size = std::max(input.disk.var_size, least_var) / 4096 * 4096;
    std::string program = require_program("mke2fs", "e2fsprogs");
    TempDir dir;
    std::string path = dir / "var.img";
    Fd fd = open_fd(path, O_RDWR | O_CREAT | O_EXCL);
    RandomAccessFile(fd.get(), path).resize(size);
    std::string id = Guid::derive("var file system " + system_identity(input)).str();
    Command command{{program, "-q", "-F", "-t", "ext4", "-L", "var", "-U", id, "-E",
                     "lazy_itable_init=1,root_owner=0:0,hash_seed=" + id}};
    if (input.disk.var_grows) {
        command.argv.insert(command.argv.end(), {"-b", "4096"});
        if (size < group_size)
            command.argv.insert(command.argv.end(), {"-N", "8192"});
    }
    command.argv.push_back(path);
    std::string time = fmt::format("{}", generated_time());
    command.env = {{"E2FSPROGS_FAKE_TIME", time}, {"SOURCE_DATE_EPOCH", time}};
    run_checked(command);
    Extents content;
    content.add_sparse_file(input.shared.hold(std::move(fd)), size);
    return content;
}

/// One system is started by the firmware itself. With two slots systemd's boot loader chooses the
/// newest that has not failed. This one is not counted: there is nothing to go back to.
std::vector<FatFile> esp_files(const FormatInput& input, const Extents& uki) {
    EfiArchitecture efi = efi_architecture(input.platform);
    if (!input.disk.two_slots)
        return {{"EFI/BOOT/" + efi.boot_file, uki}};
    return {{"EFI/BOOT/" + efi.boot_file,
             maybe_signed(input, Extents(read_efi_program(input, efi.boot_loader)))},
            {"loader/loader.conf", Extents("timeout 0\neditor no\n")},
            {fmt::format("EFI/Linux/system_{}.efi", system_version(input)), uki}};
}

/// Room for a root that has grown.
uint64_t slot_size(uint64_t size) { return size + size / 2; }

void add_slots(const FormatInput& input, const VerityRoot& root, GptDisk& disk) {
    auto types = std::ranges::find(partition_types, input.platform.architecture,
                                   &PartitionTypes::architecture);
    if (types == partition_types.end())
        throw Error("there are no partition types for {}", input.platform.str());
    bool two = input.disk.two_slots;
    uint64_t root_size = two ? slot_size(root.image.size()) : 0;
    uint64_t hash_size = two ? slot_size(root.hashes.size()) : 0;
    auto add = [&](const char* type, const Guid& id, const std::string& name,
                   const Extents& content, uint64_t size) {
        disk.partitions.push_back({Guid::parse(type), id, name, content, gpt_read_only, size});
    };
    std::string name = two ? "root_" + system_version(input) : "root";
    add(types->root, root.image_id(), name, root.image, root_size);
    add(types->verity, root.hashes_id(), name + "_verity", root.hashes, hash_size);
    if (!two)
        return;
    std::string identity = system_identity(input);
    add(types->root, Guid::derive("second root " + identity), empty_slot, {}, root_size);
    add(types->verity, Guid::derive("second verity " + identity), empty_slot, {}, hash_size);
}

Extents make_disk(const FormatInput& input, std::vector<ComponentResult>& results) {
    VerityRoot root = make_verity_root(input, results);
    std::string identity = system_identity(input);
    GptDisk disk{Guid::derive("verity disk " + identity)};
    // The second slot's program needs room on the ESP too.
    uint64_t esp_size = input.disk.two_slots ? slot_size(root.uki.size()) * 2 : 0;
    disk.partitions.push_back(make_esp(esp_files(input, root.uki), identity, esp_size));
    add_slots(input, root, disk);
    if (input.disk.var_size > 0)
        disk.partitions.push_back({Guid::parse(var_type), Guid::derive("var " + identity), "var",
                                   make_var(input),
                                   input.disk.var_grows ? gpt_grow_file_system : 0});
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
    write_raw(input, outputs, "-efi-verity.img", verity_disk(input, results));
}

void make_qcow2_efi_verity(const FormatInput& input, Outputs& outputs,
                           std::vector<ComponentResult>& results) {
    write_virtual(input, outputs, "-efi-verity.qcow2", verity_disk(input, results), write_qcow2);
}

} // namespace coracle
