// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
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
    /// What was resolved anew; nullopt when a lock file was followed.
    std::optional<DebianLock> fresh;
};

/// The lock file of the package, if there is one.
std::optional<DebianLock> read_lock(const Package& package, const Platform& platform);

/// Takes what the lock file pins, from the cache in `cache` or from the archives. Where there is no
/// lock file, or it answers another question, or nobody has a pinned file any more, resolves anew:
/// the last with a warning; with `options.locked` all of these are errors.
DebianInput gather_debs(const Package& package, const Platform& platform,
                        const PackageOptions& options, const std::string& cache);

/// Writes a new lock file: of what was resolved only the packages that are `used`, so that nothing
/// else is fetched next time. A directory that cannot be written is worth a warning only.
void write_lock(const Package& package, const Platform& platform, DebianLock lock,
                const std::set<std::string>& used, Reporter& reporter);

} // namespace coracle
