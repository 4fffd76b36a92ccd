// SPDX-License-Identifier: Apache-2.0
#include "init/disk_root.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "common/console.h"
#include "common/directory.h"
#include "common/mount.h"
#include "common/words.h"
#include "init/devices.h"
#include "init/module_loader.h"
#include "init/partitions.h"
#include "init/var_partition.h"
#include "init/verity.h"

namespace coracle::guest {

namespace {

constexpr const char* new_root = "/sysroot";
constexpr long default_patience = 30; ///< seconds until the disk has to be there
/// What Coracle and LinuxKit make roots of.
constexpr std::array root_types = {"erofs", "squashfs", "ext4", "iso9660"};

long milliseconds() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
}

ModuleLoader make_loader(const KernelCommandLine& cmdline) {
    utsname system{};
    ::uname(&system);
    // What is not for disks is not here: the init of the root loads it.
    auto insert = [](const std::string& path, const std::string& parameters) {
        return exists(path) ? ModuleLoader::insert_module(path, parameters) : 0;
    };
    return ModuleLoader(
        ModuleIndex(std::string("/lib/modules/") + system.release, "/etc/modprobe.d"), cmdline,
        insert);
}

/// The device whose uevent has a line "KEY=value", letters of either case being the same.
std::optional<std::string> device_with(std::string_view key, std::string_view value) {
    std::string wanted = fmt::format("{}={}", key, value);
    for (const auto& name : names_in("/sys/class/block")) {
        auto text = read_file_if_present("/sys/class/block/" + name + "/uevent").value_or("");
        bool found = false;
        for_each_line(text, [&](std::string_view line) {
            found = found || (line.size() == wanted.size() &&
                              ::strncasecmp(line.data(), wanted.data(), line.size()) == 0);
        });
        if (found)
            return "/dev/" + name;
    }
    return std::nullopt;
}

std::optional<std::string> find_device(const std::string& root) {
    if (root.starts_with("PARTUUID="))
        return find_partition(root.substr(9)); // what kernels do not tell
    if (root.starts_with("PARTLABEL="))
        return device_with("PARTNAME", root.substr(10));
    struct stat status{};
    bool there = ::stat(root.c_str(), &status) == 0 && S_ISBLK(status.st_mode);
    return there ? std::optional(root) : std::nullopt;
}

std::string disks_here() {
    auto disks = names_in("/sys/class/block");
    return disks.empty() ? "a kernel with drivers for the disk; it has found none"
                         : fmt::format("the disks here are: {}", join(disks, ", "));
}

/// The device, once drivers have found it.
std::string wait_for_device(const std::string& root, ModuleLoader& modules,
                            const KernelCommandLine& cmdline) {
    long patience = default_patience;
    if (auto text = cmdline.value("rootwait"))
        patience = static_cast<long>(parse_number(*text).value_or(1'000'000));
    long end = milliseconds() + patience * 1000;
    while (true) {
        modules.load_for(present_modaliases());
        if (auto device = find_device(root))
            return *device;
        if (milliseconds() > end)
            throw Error("there is no device for 'root={}'", root).hint(disks_here());
        timespec pause{0, 20'000'000};
        ::nanosleep(&pause, nullptr);
    }
}

/// Mounts on the /var of the new root what the command line names by `coracle.var=`; by the word
/// alone, what is for it on the disk of the root.
void mount_var(const std::string& root_device, ModuleLoader& modules,
               const KernelCommandLine& cmdline) {
    auto named = cmdline.value("coracle.var");
    if (!named)
        return;
    modules.load_name_or_alias("ext4");
    std::string target = std::string(new_root) + "/var";
    if (named->empty())
        mount_own_var(disk_of(root_device), target);
    else
        mount_ext4(wait_for_device(*named, modules, cmdline), target);
}

/// Where the root file system is.
struct Root {
    std::string device;  ///< to mount
    std::string on_disk; ///< what lies below it
};

/// The device of a root that is verified block by block: `roothash=` names its partitions and is
/// what all is verified against.
Root open_verified_root(const std::string& root_hash, ModuleLoader& modules,
                        const KernelCommandLine& cmdline) {
    if (!is_root_hash(root_hash))
        throw Error("'roothash={}' is no SHA-256", root_hash);
    modules.load_name_or_alias("dm-mod");
    modules.load_name_or_alias("dm-verity");
    modules.load_name_or_alias("sha256");
    std::string data =
        wait_for_device("PARTUUID=" + verity_partition(root_hash, 0), modules, cmdline);
    std::string hashes =
        wait_for_device("PARTUUID=" + verity_partition(root_hash, 1), modules, cmdline);
    return {open_verity(data, hashes, root_hash), data};
}

void mount_root(const std::string& device, const KernelCommandLine& cmdline,
                ModuleLoader& modules) {
    std::vector<std::string> types;
    if (auto given = cmdline.value("rootfstype"))
        types = split(*given, ',');
    // The root of an initrd is no type for a disk.
    std::erase_if(types, [](const auto& type) { return type == "ramfs" || type == "tmpfs"; });
    if (types.empty())
        types.assign(root_types.begin(), root_types.end());
    bool writable = cmdline.value("rw").has_value();
    std::string data = cmdline.value("rootflags").value_or("");
    int cause = 0;
    for (const auto& type : types) {
        modules.load_name_or_alias(type);
        if (::mount(device.c_str(), new_root, type.c_str(), writable ? 0 : MS_RDONLY,
                    data.empty() ? nullptr : data.c_str()) == 0)
            return;
        if (cause == 0 || errno != EINVAL)
            cause = errno;
    }
    throw Error("cannot mount {} as {}: {}", device, join(types, " or "), std::strerror(cause));
}

/// Removes what is in a directory of the initrd, but not what is mounted below.
void remove_tree(int parent, const char* name, dev_t device) {
    int fd = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR* directory = fd >= 0 ? ::fdopendir(fd) : nullptr;
    struct stat status{};
    if (directory == nullptr || ::fstat(fd, &status) != 0 || status.st_dev != device) {
        if (directory != nullptr)
            ::closedir(directory);
        return;
    }
    while (dirent* entry = ::readdir(directory)) {
        std::string_view child = entry->d_name;
        if (child == "." || child == "..")
            continue;
        if (::unlinkat(fd, entry->d_name, 0) != 0) {
            remove_tree(fd, entry->d_name, device);
            ::unlinkat(fd, entry->d_name, AT_REMOVEDIR);
        }
    }
    ::closedir(directory);
}

/// Puts the new root in the place of the initrd, whose memory is freed.
void switch_root() {
    Fd old(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat status{};
    struct statfs system{};
    bool in_memory = ::fstat(old.get(), &status) == 0 && ::fstatfs(old.get(), &system) == 0 &&
                     (system.f_type == RAMFS_MAGIC || system.f_type == TMPFS_MAGIC);
    for (const char* name : {"/proc", "/sys", "/dev"})
        if (::mount(name, (new_root + std::string(name)).c_str(), nullptr, MS_MOVE, nullptr) != 0)
            ::umount2(name, MNT_DETACH);
    if (::chdir(new_root) != 0 || ::mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 ||
        ::chroot(".") != 0 || ::chdir("/") != 0)
        throw Error::system(errno, "enter the root");
    if (in_memory)
        remove_tree(old.get(), ".", status.st_dev);
}

} // namespace

bool is_root_initrd() { return ::access("/etc/initrd-release", F_OK) == 0; }

void enter_disk_root(const KernelCommandLine& cmdline) {
    ::mkdir("/sys", 0755);
    mount_if_possible("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
    ::mkdir(new_root, 0755);
    std::string root = cmdline.value("root").value_or("");
    auto root_hash = cmdline.value("roothash");
    if (root.empty() && !root_hash)
        throw Error("the kernel command line names no root").hint("root=/dev/vda");
    ModuleLoader modules = make_loader(cmdline);
    if (cmdline.value("coracle.trial"))
        modules.load_name_or_alias("efivarfs");
    Root found;
    if (root_hash)
        found = open_verified_root(*root_hash, modules, cmdline);
    else
        found.device = found.on_disk = wait_for_device(root, modules, cmdline);
    mount_root(found.device, cmdline, modules);
    mount_var(found.on_disk, modules, cmdline);
    switch_root();
    std::vector<std::string> candidates = {"/init", "/sbin/init"};
    if (auto chosen = cmdline.value("init"))
        candidates = {*chosen};
    for (const auto& candidate : candidates) {
        char* words[] = {const_cast<char*>(candidate.c_str()), nullptr};
        ::execv(candidate.c_str(), words);
    }
    throw Error::system(errno, fmt::format("run '{}' of {}", candidates.back(), found.device));
}

} // namespace coracle::guest
