// SPDX-License-Identifier: Apache-2.0
#include "init/system.h"

#include <cerrno>
#include <climits>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "common/console.h"
#include "common/directory.h"
#include "common/mount.h"
#include "init/cgroups.h"
#include "init/clock.h"

namespace coracle::guest {

namespace {

constexpr unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RELATIME;

/// A pseudo file system. What is `optional` is mounted only where the kernel has it and the
/// directory is there; so that no module is asked for.
struct PseudoMount {
    const char* type;
    const char* target;
    unsigned long flags;
    const char* data;
    bool optional = false;
};

constexpr PseudoMount pseudo_mounts[] = {
    {"sysfs", "/sys", safe, nullptr},
    {"devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=666"},
    {"tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777"},
    {"mqueue", "/dev/mqueue", safe, nullptr, true},
    {"tmpfs", "/run", safe, "size=10%,mode=755"},
    {"tmpfs", "/tmp", safe, "size=10%,mode=1777"},
    {"tmpfs", "/var", safe, "size=50%,mode=755"},
    {"securityfs", "/sys/kernel/security", safe, nullptr, true},
    {"debugfs", "/sys/kernel/debug", safe, "mode=700", true},
    {"tracefs", "/sys/kernel/tracing", safe, "mode=700", true},
    {"configfs", "/sys/kernel/config", safe, nullptr, true},
    {"fusectl", "/sys/fs/fuse/connections", safe, nullptr, true},
    {"selinuxfs", "/sys/fs/selinux", MS_NOSUID | MS_NOEXEC, nullptr, true},
    {"pstore", "/sys/fs/pstore", safe, nullptr, true},
    {"bpf", "/sys/fs/bpf", safe, "mode=700", true},
    {"efivarfs", "/sys/firmware/efi/efivars", safe, nullptr, true},
    {"binfmt_misc", "/proc/sys/fs/binfmt_misc", safe, nullptr, true},
};

struct Directory {
    const char* path;
    mode_t mode;
};

constexpr Directory directories[] = {
    {"/var/cache", 0755}, {"/var/empty", 0755},  {"/var/lib", 0755},        {"/var/local", 0755},
    {"/var/lock", 0755},  {"/var/log", 0755},    {"/var/opt", 0755},        {"/var/spool", 0755},
    {"/var/tmp", 01777},  {"/run/config", 0755}, {"/run/resolvconf", 0755},
};

bool known_file_system(const std::string& list, const char* type) {
    return list.find("\t" + std::string(type) + "\n") != std::string::npos;
}

bool is_mount_point(const std::string& path) {
    struct stat above{};
    struct stat status{};
    return ::stat((path + "/..").c_str(), &above) == 0 && ::stat(path.c_str(), &status) == 0 &&
           above.st_dev != status.st_dev;
}

void mount_pseudo(const PseudoMount& what, const std::string& known) {
    if (what.optional && (!known_file_system(known, what.type) || !is_directory(what.target)))
        return;
    ::mkdir(what.target, 0755);
    if (is_mount_point(what.target)) // the initrd has put a disk there
        return;
    if (!mount_if_possible(what.type, what.target, what.flags, what.data) && errno != EBUSY &&
        !what.optional)
        complain("cannot mount {} on '{}': {}", what.type, what.target, std::strerror(errno));
}

void seal_root() {
    if (::mount(nullptr, "/", nullptr, MS_SHARED | MS_REC, nullptr) != 0)
        complain("cannot share '/': {}", std::strerror(errno));
    if (::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_RELATIME, nullptr) !=
        0)
        complain("cannot make '/' read-only: {}", std::strerror(errno));
}

void bring_loopback_up() {
    Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (!socket || ::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0)
        complain("cannot bring 'lo' up: {}", std::strerror(errno));
}

std::string host_name() {
    auto configured = read_file_if_present("/etc/hostname").value_or("");
    if (auto name = trim(configured); !name.empty())
        return std::string(name.substr(0, HOST_NAME_MAX));
    std::string address;
    for (const auto& interface : names_in("/sys/class/net")) {
        auto text = read_file_if_present("/sys/class/net/" + interface + "/address").value_or("");
        if (interface == "lo" || trim(text).empty() || !address.empty())
            continue;
        address = std::string(trim(text));
        std::erase(address, ':');
    }
    return address.empty() ? "linuxkit" : "linuxkit-" + address;
}

} // namespace

bool enter_system() {
    // The initial pid namespace has this inode in every kernel (PROC_PID_INIT_INO).
    constexpr ino_t initial_pid_namespace = 0xeffffffc;
    struct stat status{};
    if (::stat("/proc/self/ns/pid", &status) != 0) {
        ::mkdir("/proc", 0755);
        if (!mount_if_possible("proc", "/proc", safe, nullptr))
            return false;
        if (::stat("/proc/self/ns/pid", &status) != 0)
            return true; // a kernel without pid namespaces
    }
    return status.st_ino == initial_pid_namespace;
}

void make_root_pivotable() {
    struct statfs status{};
    if (::statfs("/", &status) != 0 ||
        (status.f_type != RAMFS_MAGIC && status.f_type != TMPFS_MAGIC))
        return;
    ::mkdir("/run", 0755);
    if (::mount("/", "/run", nullptr, MS_BIND | MS_REC, nullptr) != 0 || ::chdir("/run") != 0 ||
        ::mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 || ::chroot(".") != 0 ||
        ::chdir("/") != 0)
        complain("cannot bind '/' over itself: {}", std::strerror(errno));
}

void open_console() {
    ::mkdir("/dev", 0755);
    int result = ::mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755");
    int cause = result == 0 || errno == EBUSY ? 0 : errno;
    Fd console(::open("/dev/console", O_RDWR | O_NOCTTY));
    if (!console)
        console.reset(::open("/dev/null", O_RDWR));
    for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (console && console.get() != fd)
            ::dup2(console.get(), fd);
    if (console.get() <= STDERR_FILENO)
        console.release();
    if (cause != 0)
        complain("cannot mount devtmpfs on '/dev': {}", std::strerror(cause));
    for (auto [target, link] :
         {std::pair("/proc/self/fd", "/dev/fd"), std::pair("fd/0", "/dev/stdin"),
          std::pair("fd/1", "/dev/stdout"), std::pair("fd/2", "/dev/stderr")})
        if (::symlink(target, link) != 0 && errno != EEXIST)
            complain("cannot make '{}': {}", link, std::strerror(errno));
}

void mount_file_systems(const KernelCommandLine& cmdline) {
    std::string known = read_file_if_present("/proc/filesystems").value_or("");
    for (const auto& what : pseudo_mounts)
        mount_pseudo(what, known);
    mount_cgroups(cmdline.value("linuxkit.unified_cgroup_hierarchy") != "0");
    ::umask(0);
    for (const auto& directory : directories)
        ::mkdir(directory.path, directory.mode);
    ::umask(022);
    ::symlink("/run", "/var/run");
    seal_root();
}

void prepare_environment() {
    constexpr rlim_t files = 1048576;
    for (auto [resource, value] :
         {std::pair(RLIMIT_NOFILE, files), std::pair(RLIMIT_NPROC, RLIM_INFINITY)}) {
        rlimit limit{value, value};
        if (::setrlimit(resource, &limit) != 0)
            complain("cannot raise a resource limit: {}", std::strerror(errno));
    }
    bring_loopback_up();
    Fd resolv(::open("/run/resolvconf/resolv.conf", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    // The kernel asks for modules (file systems, network families) through this program.
    if (!exists("/sbin/modprobe"))
        put("/proc/sys/kernel/modprobe", exists("/sbin/init") ? "/sbin/init" : "/init");
}

void settle_identity() {
    set_clock_if_unset();
    std::string name = host_name();
    if (::sethostname(name.data(), name.size()) != 0)
        complain("cannot set the host name '{}': {}", name, std::strerror(errno));
}

} // namespace coracle::guest
