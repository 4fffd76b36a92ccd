// SPDX-License-Identifier: Apache-2.0
#include "init/cgroups.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <sys/mount.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "common/console.h"
#include "common/directory.h"
#include "common/mount.h"
#include "common/words.h"

namespace coracle::guest {

namespace {

constexpr unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RELATIME;
constexpr const char* root = "/sys/fs/cgroup";

void mount_unified() {
    if (!mount_if_possible("cgroup2", root, safe, "nsdelegate") && errno != EBUSY) {
        complain("cannot mount cgroup2 on '{}': {}", root, std::strerror(errno));
        return;
    }
    auto controllers = read_file_if_present(std::string(root) + "/cgroup.controllers").value_or("");
    std::string all;
    for (auto controller : words_of(trim(controllers)))
        all.append(all.empty() ? "+" : " +").append(controller);
    if (!all.empty() && !put(std::string(root) + "/cgroup.subtree_control", all))
        complain("cannot hand on the controllers '{}': {}", trim(controllers),
                 std::strerror(errno));
}

void mount_separate() {
    mount_if_possible("tmpfs", root, MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755");
    auto table = read_file_if_present("/proc/cgroups").value_or("");
    for_each_line(table, [](std::string_view line) {
        auto words = words_of(line);
        if (words.size() < 4 || words[0].starts_with('#') || words[3] != "1")
            return;
        std::string name(words[0]), target = std::string(root) + "/" + name;
        ::mkdir(target.c_str(), 0755);
        if (!mount_if_possible("cgroup", target.c_str(), safe, name.c_str()))
            complain("cannot mount cgroup on '{}': {}", target, std::strerror(errno));
    });
    std::string named = std::string(root) + "/systemd";
    ::mkdir(named.c_str(), 0755);
    mount_if_possible("cgroup", named.c_str(), safe, "none,name=systemd");
    put(std::string(root) + "/memory/memory.use_hierarchy", "1");
}

} // namespace

void mount_cgroups(bool unified) {
    if (unified)
        mount_unified();
    else
        mount_separate();
}

} // namespace coracle::guest
