// SPDX-License-Identifier: Apache-2.0
#include "rootfs/image_rules.h"

namespace coracle {

namespace {

constexpr std::string_view hosts = "127.0.0.1       localhost\n"
                                   "::1     localhost ip6-localhost ip6-loopback\n"
                                   "fe00::0 ip6-localnet\n"
                                   "ff00::0 ip6-mcastprefix\n"
                                   "ff02::1 ip6-allnodes\n"
                                   "ff02::2 ip6-allrouters\n";
constexpr std::string_view no_resolver = "\n# no resolv.conf configured\n";
constexpr const char* resolver = "/run/resolvconf/resolv.conf";

Entry symlink_entry(std::string_view path, std::string_view target, int64_t time) {
    Entry entry;
    entry.path = TreePath(path);
    entry.type = EntryType::symlink;
    entry.mode = 0777;
    entry.mtime = time;
    entry.link_target = target;
    return entry;
}

} // namespace

Entry directory_entry(const TreePath& path, int64_t time) {
    Entry entry;
    entry.path = path;
    entry.type = EntryType::directory;
    entry.mode = 0755;
    entry.mtime = time;
    return entry;
}

Entry file_entry(const TreePath& path, uint64_t size, int64_t time) {
    Entry entry;
    entry.path = path;
    entry.mtime = time;
    entry.size = size;
    return entry;
}

TreeChanges image_rules(ImageUse use, int64_t time) {
    TreeChanges changes;
    for (const char* path :
         {".dockerenv", "Dockerfile", "dev/console", "dev/pts", "dev/shm", "etc/hostname"})
        changes.remove.emplace_back(path);
    for (const char* path : {"dev", "dev/pts", "dev/shm", "etc", "proc", "sys"})
        changes.add.push_back({directory_entry(TreePath(path), time), {}, true});
    changes.add.push_back({symlink_entry("etc/mtab", "/proc/mounts", time), {}, true});
    changes.add.push_back({file_entry(TreePath("etc/hosts"), 0, time), std::string(hosts)});
    if (use == ImageUse::system)
        changes.add.push_back({symlink_entry("etc/resolv.conf", resolver, time)});
    else
        changes.add.push_back(
            {file_entry(TreePath("etc/resolv.conf"), 0, time), std::string(no_resolver)});
    return changes;
}

} // namespace coracle
