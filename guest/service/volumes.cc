// SPDX-License-Identifier: Apache-2.0
#include "service/volumes.h"

#include "base/error.h"
#include "common/console.h"
#include "common/directory.h"
#include "common/mount.h"

namespace coracle::guest {

namespace {

void mount_volume(const std::string& volume) {
    std::string lower = volume + "/lower", merged = volume + "/merged", tmp = volume + "/tmp";
    for (const auto& part : {lower, merged})
        if (!is_directory(part))
            throw Error("'{}' is not a directory", part);
    if (!is_directory(tmp)) {
        mount({.source = lower, .target = merged, .type = {}, .options = {"bind", "ro"}});
        return;
    }
    mount({.source = "tmpfs", .target = tmp, .type = "tmpfs", .options = {"relatime"}});
    make_path(tmp + "/upper");
    make_path(tmp + "/work");
    mount({.source = "overlay",
           .target = merged,
           .type = "overlay",
           .options = {"relatime", "lowerdir=" + lower, "upperdir=" + tmp + "/upper",
                       "workdir=" + tmp + "/work"}});
}

} // namespace

bool mount_volumes(const std::string& directory) {
    bool good = true;
    for (const auto& name : names_in(directory)) {
        try {
            mount_volume(directory + "/" + name);
        } catch (const Error& error) {
            complain("volume '{}': {}", name, error.message());
            good = false;
        }
    }
    return good;
}

} // namespace coracle::guest
