// SPDX-License-Identifier: Apache-2.0
#include "run/boot_source.h"

#include <array>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/on_disk.h"
#include "base/text.h"

namespace coracle {

namespace {

using Kind = BootSource::Kind;
constexpr uint64_t most_cmdline = 4096;

bool is_file(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode);
}

void require(const std::string& path) {
    if (!is_file(path))
        throw Error("'{}' is missing", path).hint("coracle build, or another PREFIX");
}

std::string cmdline_of(const std::string& prefix) {
    auto text = read_file_if_present(prefix + "-cmdline", most_cmdline);
    return std::string(trim(text.value_or("")));
}

BootSource with_initrd(const std::string& prefix) {
    require(prefix + "-kernel");
    require(prefix + "-initrd.img");
    return {Kind::initrd, prefix + "-kernel", cmdline_of(prefix), prefix + "-initrd.img", prefix};
}

/// A root file system that `build` makes, by the ending of its file.
struct RootEnding {
    const char* ending;
    const char* type;
};
constexpr std::array root_endings = {
    RootEnding{"-squashfs.img", "squashfs"}, RootEnding{"-erofs.img", "erofs"},
    RootEnding{"-ext4.img", "ext4"}, RootEnding{".iso", "iso9660"}};

BootSource with_root(const std::string& prefix, const RootEnding& root) {
    require(prefix + "-kernel");
    require(prefix + root.ending);
    BootSource source{Kind::root, prefix + "-kernel", cmdline_of(prefix), prefix + root.ending,
                      prefix};
    source.root_type = root.type;
    if (is_file(prefix + "-root-initrd.img"))
        source.initrd = prefix + "-root-initrd.img";
    return source;
}

std::string read_at(const std::string& path, off_t offset, size_t size) {
    std::string bytes(size, '\0');
    Fd fd = open_fd(path, O_RDONLY);
    bytes.resize(read_some(fd.get(), bytes.data(), size, offset, path));
    return bytes;
}

/// The boot record of an ISO (El Torito 1.0, 2.0); "" when it has none.
std::string boot_record_of(const std::string& iso) {
    constexpr off_t place = 17 * 2048;
    constexpr size_t size = 75;
    constexpr std::string_view name = "EL TORITO SPECIFICATION";
    std::string bytes = read_at(iso, place, size);
    return bytes.size() == size && bytes.substr(7, name.size()) == name ? bytes : "";
}

bool boots_by_itself(const std::string& iso) { return !boot_record_of(iso).empty(); }

/// Whether the first entry of its boot catalogue is for EFI.
bool boots_by_efi_alone(const std::string& iso) {
    std::string record = boot_record_of(iso);
    if (record.empty())
        return false;
    Le<uint32_t> sector;
    std::memcpy(&sector, record.data() + 71, sizeof sector);
    constexpr char for_efi = '\xef';
    return read_at(iso, off_t{sector} * 2048, 2) == std::string{'\x01', for_efi};
}

bool is_gpt_without_boot_code(const std::string& disk) {
    std::string head = read_at(disk, 0, 520);
    return head.size() == 520 && head.substr(512) == "EFI PART" && head[0] == '\0';
}

/// PREFIX-kernel with a root file system, or that root file system's own name.
std::optional<BootSource> root_for(const std::string& prefix) {
    for (const auto& root : root_endings) {
        bool itself = prefix.ends_with(root.ending);
        std::string stem =
            itself ? prefix.substr(0, prefix.size() - std::string(root.ending).size()) : prefix;
        std::string image = stem + root.ending;
        if (is_file(stem + "-kernel") && is_file(image) &&
            (root.type != std::string_view("iso9660") || !boots_by_itself(image)))
            return with_root(stem, root);
    }
    return std::nullopt;
}

std::string without_ending(const std::string& path) {
    auto dot = path.rfind('.');
    auto slash = path.rfind('/');
    bool ending =
        dot != std::string::npos && dot > 0 && (slash == std::string::npos || dot > slash);
    return ending ? path.substr(0, dot) : path;
}

BootSource from_image(Kind kind, const std::string& path) {
    return {kind, "", "", path, without_ending(path)};
}

/// The image that `build` made for PREFIX, where there is just one kind to choose.
std::optional<BootSource> image_with_prefix(const std::string& prefix, bool uefi) {
    for (const char* ending : {".iso", "-efi.iso", "-efi-initrd.iso"})
        if (is_file(prefix + ending) && (uefi || ending[0] == '.'))
            return from_image(Kind::iso, prefix + ending);
    for (const char* ending : {".qcow2", "-bios.img", ".raw", ".vmdk", ".vhd"})
        if (!uefi && is_file(prefix + ending))
            return from_image(Kind::disk, prefix + ending);
    for (const char* ending :
         {"-efi.qcow2", "-efi.img", "-efi-verity.qcow2", "-efi-verity.img", ".vdi", ".vhdx"})
        if (is_file(prefix + ending))
            return from_image(Kind::disk, prefix + ending);
    if (is_file(prefix + ".efi"))
        return from_image(Kind::program, prefix + ".efi");
    return std::nullopt;
}

} // namespace

BootSource find_boot_source(const RunOptions& options) {
    const auto& prefix = options.prefix;
    if (options.kernel + options.iso + options.squashfs > 1)
        throw UsageError("--kernel, --iso and --squashfs exclude each other");
    if (options.kernel)
        return with_initrd(prefix);
    if (options.squashfs)
        return with_root(prefix, root_endings[0]);
    if (options.iso) {
        require(prefix);
        return from_image(Kind::iso, prefix);
    }
    if (is_file(prefix + "-kernel") && is_file(prefix + "-initrd.img"))
        return with_initrd(prefix);
    if (auto found = root_for(prefix))
        return *found;
    if (is_file(prefix))
        return from_image(prefix.ends_with(".iso")   ? Kind::iso
                          : prefix.ends_with(".efi") ? Kind::program
                                                     : Kind::disk,
                          prefix);
    if (auto found = image_with_prefix(prefix, options.uefi || !options.secure_boot.empty()))
        return *found;
    throw Error("nothing to boot: there is no {0}-kernel with {0}-initrd.img, {0}-squashfs.img, "
                "{0}-erofs.img or {0}-ext4.img, no {0}.iso and no disk image '{0}'",
                prefix)
        .hint(fmt::format("coracle build {}.yml", prefix));
}

bool wants_uefi(const BootSource& source) {
    switch (source.kind) {
    case Kind::program: return true;
    case Kind::iso: return boots_by_efi_alone(source.image);
    case Kind::disk:
        if (detect_disk_format(source.image) == "raw")
            return is_gpt_without_boot_code(source.image);
        return source.image.find("-efi") != source.image.npos;
    case Kind::initrd:
    case Kind::root: break;
    }
    return false;
}

std::string detect_disk_format(const std::string& path) {
    Fd fd = open_fd(path, O_RDONLY);
    std::array<char, 68> bytes{};
    size_t size = 0;
    while (size < bytes.size()) {
        size_t count = read_some(fd.get(), bytes.data() + size, bytes.size() - size,
                                 static_cast<off_t>(size), path);
        if (count == 0)
            break;
        size += count;
    }
    std::string_view head(bytes.data(), size);
    if (head.starts_with("QFI\xfb"))
        return "qcow2";
    if (head.starts_with("KDMV"))
        return "vmdk";
    if (head.starts_with("conectix"))
        return "vpc";
    if (head.starts_with("vhdxfile"))
        return "vhdx";
    if (head.size() == 68 && head.substr(64) == "\x7f\x10\xda\xbe")
        return "vdi";
    return "raw";
}

} // namespace coracle
