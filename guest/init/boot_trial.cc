// SPDX-License-Identifier: Apache-2.0
#include "init/boot_trial.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "common/console.h"
#include "init/efi_variables.h"
#include "init/partitions.h"

namespace coracle::guest {

namespace {

constexpr const char* word = "coracle.trial";
constexpr int64_t usual_seconds = 300;
constexpr uint64_t most_seconds = 7 * 24 * 3600;
constexpr unsigned reading_time = 5; ///< seconds
constexpr const char* mount_point = "/run/esp";

/// The EFI system partition while it is mounted.
class MountedEsp {
public:
    explicit MountedEsp(const std::string& device) {
        ::mkdir(mount_point, 0700);
        if (::mount(device.c_str(), mount_point, "vfat", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                    "umask=0077") != 0)
            throw Error::system(errno, fmt::format("mount the EFI system partition {}", device));
    }
    MountedEsp(const MountedEsp&) = delete;
    ~MountedEsp() {
        if (::umount2(mount_point, MNT_DETACH) == 0)
            ::rmdir(mount_point);
    }
    void sync() const { ::syncfs(open_fd(mount_point, O_RDONLY | O_DIRECTORY).get()); }
};

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

/// The directory and the name of a path.
std::pair<std::string, std::string> parts_of(const std::string& path) {
    auto slash = path.rfind('/');
    return {path.substr(0, slash + 1), path.substr(slash + 1)};
}

} // namespace

std::optional<std::string> without_counter(std::string_view name) {
    auto plus = name.rfind('+');
    auto dot = name.rfind('.');
    if (plus == name.npos || dot == name.npos || dot < plus || plus == 0)
        return std::nullopt;
    auto counter = name.substr(plus + 1, dot - plus - 1);
    auto dash = counter.find('-');
    if (!is_number(counter.substr(0, dash)) ||
        (dash != counter.npos && !is_number(counter.substr(dash + 1))))
        return std::nullopt;
    return fmt::format("{}{}", name.substr(0, plus), name.substr(dot));
}

std::optional<BootTrial> BootTrial::find(const KernelCommandLine& cmdline) {
    auto text = cmdline.value(word);
    auto path = text ? loader_variable("LoaderBootCountPath") : std::nullopt;
    if (!path)
        return std::nullopt;
    std::ranges::replace(*path, '\\', '/');
    uint64_t seconds = parse_number(*text).value_or(usual_seconds);
    return BootTrial(*path, static_cast<int64_t>(std::clamp<uint64_t>(seconds, 1, most_seconds)));
}

void BootTrial::pass() const {
    auto [folder, counted] = parts_of(path_);
    auto good = without_counter(counted);
    if (!good || !folder.starts_with("/") || folder.find("/../") != folder.npos)
        throw Error("the boot loader names no counted entry, but '{}'", path_);
    auto id = loader_variable("LoaderDevicePartUUID");
    auto device = id ? find_partition(*id) : std::nullopt;
    if (!device)
        throw Error("the boot loader's partition, {}, is not here", id.value_or("which it hides"));
    MountedEsp esp(*device);
    std::string from = mount_point + folder + counted, to = mount_point + folder + *good;
    bool done = ::rename(from.c_str(), to.c_str()) == 0;
    if (int cause = errno; !done && !exists(to))
        throw Error::system(cause, fmt::format("rename '{}'", path_));
    esp.sync();
    say("this system has proved itself: {} is {} from now on", counted, *good);
}

void restart_if_on_trial() {
    if (!BootTrial::find(KernelCommandLine::current()))
        return;
    say("this system is on trial, so the machine restarts");
    ::sleep(reading_time);
    ::sync();
    ::reboot(RB_AUTOBOOT);
}

} // namespace coracle::guest
