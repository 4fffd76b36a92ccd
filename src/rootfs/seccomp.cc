// SPDX-License-Identifier: Apache-2.0
#include "rootfs/seccomp.h"

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace coracle {

namespace {

using Json = nlohmann::ordered_json;

/// Calls any program may make, by subject.
constexpr std::string_view everyone[] = {
    // files
    "access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 "
    "faccessat "
    "faccessat2 fadvise64 fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 "
    "fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fremovexattr fsetxattr fstat "
    "fstat64 "
    "fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64 "
    "getxattr ioctl lchown lchown32 lgetxattr link linkat listxattr llistxattr _llseek "
    "lremovexattr "
    "lseek lsetxattr lstat lstat64 memfd_create mkdir mkdirat mknod mknodat name_to_handle_at "
    "newfstatat "
    "open openat openat2 pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read "
    "readahead "
    "readlink readlinkat readv removexattr rename renameat renameat2 rmdir sendfile sendfile64 "
    "setxattr "
    "splice stat stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range syncfs tee "
    "truncate "
    "truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes vmsplice write "
    "writev",
    // waiting for files
    "epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait "
    "epoll_wait_old eventfd eventfd2 fanotify_mark inotify_add_watch inotify_init inotify_init1 "
    "inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 "
    "io_setup "
    "io_submit _newselect poll ppoll ppoll_time64 pselect6 pselect6_time64 select signalfd "
    "signalfd4 "
    "timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64",
    // memory
    "brk get_mempolicy madvise membarrier mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap "
    "msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect remap_file_pages "
    "process_mrelease memfd_secret cachestat map_shadow_stack",
    // processes and threads
    "alarm arch_prctl capget capset execve execveat exit exit_group fork futex futex_time64 "
    "futex_waitv futex_requeue futex_wait futex_wake get_robust_list get_thread_area getcpu "
    "getegid "
    "getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid getpgrp getpid "
    "getppid "
    "getpriority getresgid getresgid32 getresuid getresuid32 getrlimit getrusage getsid gettid "
    "getuid "
    "getuid32 ioprio_get ioprio_set kill landlock_add_rule landlock_create_ruleset "
    "landlock_restrict_self modify_ldt nanosleep pause pidfd_open pidfd_send_signal prctl "
    "prlimit64 "
    "restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn "
    "rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_get_priority_max "
    "sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler "
    "sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr "
    "sched_setparam "
    "sched_setscheduler sched_yield seccomp set_robust_list set_thread_area set_tid_address "
    "setfsgid "
    "setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer getitimer "
    "setpgid "
    "setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid "
    "setreuid32 "
    "setrlimit setsid setuid setuid32 sigaltstack sigprocmask sigreturn tgkill tkill times "
    "ugetrlimit "
    "uname sysinfo vfork wait4 waitid waitpid riscv_hwprobe riscv_flush_icache",
    // sockets
    "accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg "
    "recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketcall "
    "socketpair",
    // System V and POSIX messages, semaphores, shared memory
    "ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
    "mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop "
    "semtimedop_time64 shmat shmctl shmdt shmget",
    // time and randomness
    "clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep "
    "clock_nanosleep_time64 getrandom gettimeofday time timer_create timer_delete timer_getoverrun "
    "timer_gettime timer_gettime64 timer_settime timer_settime64 adjtimex clock_adjtime "
    "clock_adjtime64",
};

struct Privileged {
    std::string_view capability;
    std::string_view calls;
};

constexpr Privileged privileged[] = {
    {"CAP_DAC_READ_SEARCH", "open_by_handle_at"},
    {"CAP_SYS_ADMIN", "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick "
                      "lookup_dcookie mount mount_setattr "
                      "move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname "
                      "sethostname setns syslog "
                      "umount umount2 unshare listmount statmount"},
    {"CAP_SYS_BOOT", "reboot kexec_load kexec_file_load"},
    {"CAP_SYS_CHROOT", "chroot pivot_root"},
    {"CAP_SYS_MODULE", "delete_module init_module finit_module"},
    {"CAP_SYS_PACCT", "acct"},
    {"CAP_SYS_PTRACE",
     "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace"},
    {"CAP_SYS_RAWIO", "iopl ioperm"},
    {"CAP_SYS_TIME", "settimeofday stime clock_settime clock_settime64"},
    {"CAP_SYS_TTY_CONFIG", "vhangup"},
    {"CAP_SYS_NICE", "mbind set_mempolicy move_pages migrate_pages set_mempolicy_home_node"},
    {"CAP_SYSLOG", "syslog"},
    {"CAP_BPF", "bpf"},
    {"CAP_PERFMON", "perf_event_open"},
};

Json names_of(std::string_view calls) { return split(calls, ' '); }

Json allow(std::string_view calls) {
    return {{"names", names_of(calls)}, {"action", "SCMP_ACT_ALLOW"}};
}

Json argument(unsigned index, uint64_t value, uint64_t second, const char* operation) {
    Json json = {{"index", index}, {"value", value}, {"op", operation}};
    if (second != 0 || std::string_view(operation) == "SCMP_CMP_MASKED_EQ")
        json["valueTwo"] = second;
    return json;
}

Json architectures(const std::string& architecture) {
    if (architecture == "amd64")
        return {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"};
    if (architecture == "arm64")
        return {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"};
    if (architecture == "riscv64")
        return Json::array({"SCMP_ARCH_RISCV64"});
    return Json::array(); // the runtime's own
}

} // namespace

Json default_seccomp(const std::vector<std::string>& capabilities,
                     const std::string& architecture) {
    auto has = [&](std::string_view name) {
        return std::ranges::find(capabilities, name) != capabilities.end();
    };
    Json calls = Json::array();
    for (auto list : everyone)
        calls.push_back(allow(list));
    for (const auto& [capability, list] : privileged)
        if (has(capability))
            calls.push_back(allow(list));

    // Every kind of socket but AF_VSOCK (40), which reaches the host of a virtual machine.
    Json socket = allow("socket");
    socket["args"] = Json::array({argument(0, 40, 0, "SCMP_CMP_NE")});
    calls.push_back(std::move(socket));
    // personality(2): Linux, 32 bit Linux, and asking.
    for (uint64_t persona : {0x0ULL, 0x8ULL, 0x20000ULL, 0x20008ULL, 0xffffffffULL}) {
        Json personality = allow("personality");
        personality["args"] = Json::array({argument(0, persona, 0, "SCMP_CMP_EQ")});
        calls.push_back(std::move(personality));
    }
    if (!has("CAP_SYS_ADMIN")) {
        // Threads and processes, but no new namespaces: none of the CLONE_NEW* flags.
        constexpr uint64_t new_namespaces = 0x7e020000;
        Json clone = allow("clone");
        clone["args"] = Json::array({argument(0, new_namespaces, 0, "SCMP_CMP_MASKED_EQ")});
        calls.push_back(std::move(clone));
        constexpr unsigned enosys = 38;
        calls.push_back({{"names", Json::array({"clone3"})},
                         {"action", "SCMP_ACT_ERRNO"},
                         {"errnoRet", enosys}});
    }
    constexpr unsigned eperm = 1;
    Json profile = {{"defaultAction", "SCMP_ACT_ERRNO"}, {"defaultErrnoRet", eperm}};
    if (Json known = architectures(architecture); !known.empty())
        profile["architectures"] = std::move(known);
    profile["syscalls"] = std::move(calls);
    return profile;
}

} // namespace coracle
