// SPDX-License-Identifier: Apache-2.0
#include "init/var_partition.h"

#include <cerrno>
#include <cstdint>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "base/error.h"
#include "base/fd.h"
#include "common/console.h"
#include "init/partitions.h"

namespace coracle::guest {

namespace {

constexpr const char* var_type = "4d21b016-b534-45c2-a9fb-5c16e091fd2d";
constexpr unsigned long ext4_resize = _IOW('f', 16, uint64_t); // EXT4_IOC_RESIZE_FS

/// Online, to the size of its device; the kernel does nothing where it has that size.
void grow_file_system(const std::string& device, const std::string& target) {
    Fd fd = open_fd(device, O_RDONLY);
    Fd root = open_fd(target, O_RDONLY | O_DIRECTORY);
    struct statfs status{};
    uint64_t size = 0;
    if (::ioctl(fd.get(), BLKGETSIZE64, &size) != 0 || ::fstatfs(root.get(), &status) != 0)
        throw Error::system(errno, fmt::format("find the size of {}", device));
    uint64_t blocks = size / static_cast<uint64_t>(status.f_bsize);
    if (::ioctl(root.get(), ext4_resize, &blocks) != 0)
        throw Error::system(errno, "extend its file system");
}

/// What is good to have must not keep a system from starting.
template <class Body>
void attempt(const char* what, Body&& body) {
    try {
        body();
    } catch (const Error& error) {
        complain("{} does not grow: {}", what, error.message());
    }
}

} // namespace

void mount_ext4(const std::string& device, const std::string& target) {
    if (::mount(device.c_str(), target.c_str(), "ext4", MS_NOSUID | MS_NODEV, nullptr) != 0)
        throw Error::system(errno, fmt::format("mount {} on /var", device));
}

void mount_own_var(const std::string& disk, const std::string& target) {
    auto found = partition_of_type(disk, var_type);
    if (!found)
        throw Error("there is no partition for /var on {}", disk);
    bool grows = (found->partition.attributes & gpt_grow) != 0;
    if (grows)
        attempt("the partition of /var", [&] { grow_partition(disk, found->partition.number); });
    mount_ext4(found->device, target);
    if (grows)
        attempt("/var", [&] { grow_file_system(found->device, target); });
}

} // namespace coracle::guest
