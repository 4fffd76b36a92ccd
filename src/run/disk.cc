// SPDX-License-Identifier: Apache-2.0
#include "run/disk.h"

#include <cerrno>

#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "run/boot_source.h"

namespace coracle {

namespace {

std::string format_for(const DiskOption& option) {
    if (!option.format.empty())
        return option.format;
    return option.path.ends_with(".qcow2") ? "qcow2" : "raw";
}

} // namespace

PlannedDisk plan_disk(const DiskOption& option, const std::string& state, size_t number) {
    PlannedDisk disk;
    disk.drive.format = format_for(option);
    disk.drive.path = option.path;
    if (option.path.empty())
        disk.drive.path = fmt::format("{}/disk{}.{}", state, number,
                                      disk.drive.format == "raw" ? "img" : disk.drive.format);
    if (exists(disk.drive.path)) {
        if (option.format.empty())
            disk.drive.format = detect_disk_format(disk.drive.path);
    } else if (option.size) {
        disk.create = *option.size;
    } else {
        throw Error("disk '{}' is missing", disk.drive.path)
            .hint(fmt::format("--disk {},size=1G to create it", disk.drive.path));
    }
    return disk;
}

void create_disk(const PlannedDisk& disk) {
    const auto& path = disk.drive.path;
    if (disk.drive.format == "raw") {
        AtomicFile file(path);
        if (::ftruncate(file.fd(), static_cast<off_t>(disk.create)) != 0)
            throw Error::system(errno, fmt::format("create '{}'", path));
        file.commit();
        return;
    }
    if (!find_program("qemu-img"))
        throw Error("creating a {} disk takes qemu-img, which is not installed", disk.drive.format)
            .hint("apt-get install qemu-utils");
    within([&] { return fmt::format("while creating the disk '{}'", path); },
           [&] {
               run_checked({{"qemu-img", "create", "-q", "-f", disk.drive.format, path,
                             fmt::format("{}", disk.create)}});
           });
}

} // namespace coracle
