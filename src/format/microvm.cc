// SPDX-License-Identifier: Apache-2.0
// The formats for Firecracker and cloud-hypervisor: the root as a disk, the kernel as these start
// it, and what they are told.
#include <nlohmann/json.hpp>

#include "format/boot_files.h"
#include "format/format.h"
#include "format/kernel_facts.h"
#include "format/root_initrd.h"
#include "format/tree_image.h"
#include "rootfs/kernel_payload.h"
#include "rootfs/key.h"

namespace coracle {

namespace {

using Json = nlohmann::ordered_json;

constexpr unsigned memory_mib = 512;

/// A kernel that is not compressed: ELF on x86, an Image elsewhere.
Segment plain_kernel(const FormatInput& input) {
    const Kernel& kernel = *input.rootfs.kernel();
    Segment binary = kernel_binary(kernel, input.cache);
    KeyBuilder key("plain kernel");
    key.add(kernel.image().descriptor.digest.str()).add(kernel.spec().binary_name());
    std::string name = key.hex();
    return input.cache.obtain(name, [&] {
        FileSource packed(binary.file.get(), "kernel", 0, binary.facts.size);
        SegmentFile file = input.cache.create();
        copy(*make_kernel_unpacker(packed), file);
        file.finish();
        uint64_t size = file.size();
        return input.cache.keep(name, std::move(file), size, 1);
    });
}

/// The names in a configuration are those of files beside it.
struct Names {
    std::string kernel;
    std::string initrd; ///< "" = none
    std::string root;
    std::string cmdline;
};

std::string firecracker(const Names& names) {
    Json json;
    json["boot-source"]["kernel_image_path"] = names.kernel;
    if (!names.initrd.empty())
        json["boot-source"]["initrd_path"] = names.initrd;
    json["boot-source"]["boot_args"] = names.cmdline;
    json["drives"] = Json::array({{{"drive_id", "root"},
                                   {"path_on_host", names.root},
                                   {"is_root_device", false},
                                   {"is_read_only", true}}});
    json["machine-config"] = {{"vcpu_count", 1}, {"mem_size_mib", memory_mib}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string cloud_hypervisor(const Names& names) {
    Json json;
    json["payload"]["kernel"] = names.kernel;
    if (!names.initrd.empty())
        json["payload"]["initramfs"] = names.initrd;
    json["payload"]["cmdline"] = names.cmdline;
    json["cpus"] = {{"boot_vcpus", 1}, {"max_vcpus", 1}};
    json["memory"] = {{"size", uint64_t{memory_mib} << 20}};
    json["disks"] = Json::array({{{"path", names.root}, {"readonly", true}}});
    json["serial"] = {{"mode", "Tty"}};
    json["console"] = {{"mode", "Off"}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// `stem` is what the configurations are named after.
void make_microvm(const FormatInput& input, Outputs& outputs, const std::string& stem,
                  const TreeImageOptions& options, std::vector<ComponentResult>& results) {
    std::string image = fmt::format("{}-{}.img", input.base, name_of(options.format));
    Names names;
    names.kernel = file_name(input.base) + "-vmlinux";
    names.root = file_name(image);
    if (root_initrd(input) != nullptr)
        names.initrd = file_name(input.base) + "-root-initrd.img";
    names.cmdline = input.rootfs.kernel()->cmdline();
    names.cmdline += fmt::format("{}root=/dev/vda rootfstype={} ro",
                                 names.cmdline.empty() ? "" : " ", name_of(options.format));
    write_boot_files(input, outputs);
    write_root_initrd(input, outputs);
    Segment kernel = plain_kernel(input);
    if (std::string path = input.base + "-vmlinux"; outputs.claim(path))
        outputs.create(path).write_file(kernel.file.get(), 0, kernel.facts.size);
    if (outputs.claim(image)) {
        Segment root = make_tree_image(input, options, results);
        outputs.create(image).write_file(root.file.get(), 0, root.facts.size);
    }
    outputs.create(stem + "-firecracker.json").write(firecracker(names));
    outputs.create(stem + "-cloud-hypervisor.json").write(cloud_hypervisor(names));
}

} // namespace

void make_ext4(const FormatInput& input, Outputs& outputs, std::vector<ComponentResult>& results) {
    make_microvm(input, outputs, input.base, {.format = TreeFormat::ext4, .size = input.disk.size},
                 results);
}

void make_raw(const FormatInput& input, Outputs& outputs, std::vector<ComponentResult>& results) {
    make_microvm(input, outputs, input.base + "-raw", {.format = TreeFormat::erofs}, results);
}

} // namespace coracle
