// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "pkgbuild/debian_files.h"
#include "pkgbuild/debian_lock.h"

namespace coracle {

/// The Debian package files for one build: open and verified.
struct DebianInput {
    std::vector<Fd> files;
    std::vector<DebFile> debs;
    bool lock_changed = false; ///< the lock file says something new
};

/// The lock file of the package, if there is one.
std::optional<DebianLock> read_lock(const Package& package, const Platform& platform);

/// Takes what the lock file pins, from the cache in `cache` or from the archives. Where there is no
/// lock file, or it answers another question, or nobody has a pinned file any more, resolves anew
/// and writes the lock file; the last with a warning; with `options.locked` that is an error.
DebianInput gather_debs(const Package& package, const Platform& platform,
                        const PackageOptions& options, const std::string& cache);

} // namespace coracle
