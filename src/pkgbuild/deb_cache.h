// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "pkgbuild/apt.h"
#include "pkgbuild/debian_lock.h"

namespace coracle {

/// Debian package files by their hash, in DIRECTORY/sha256. Many processes may use it at once.
class DebCache {
public:
    explicit DebCache(std::string directory);

    /// The file, verified; an invalid Fd when it is not there. A damaged one is removed.
    Fd open(const PinnedDeb& deb) const;

    /// What could not be had, and what apt said about it.
    struct Missing {
        std::vector<PinnedDeb> debs;
        std::string said;
        /// "is no longer in the archive", or "cannot be fetched: ...".
        std::string cause() const;
    };

    /// Makes sure that all of `debs` are there: fetches what is missing from the sources of `apt`,
    /// then from `snapshot` (the base URL of an archive; "" = none).
    Missing ensure(const std::vector<PinnedDeb>& debs, const Apt& apt, const std::string& snapshot,
                   Reporter& reporter) const;

    /// True when all are there (sizes only).
    bool has_all(const std::vector<PinnedDeb>& debs) const;

    /// Removes the files that have not been used for the longest time until at most `bytes` are
    /// left.
    void trim(uint64_t bytes) const;

private:
    std::string path_of(const PinnedDeb& deb) const;
    bool has(const PinnedDeb& deb) const;
    void take(const PinnedDeb& deb, const std::string& file) const;

    std::string directory_;
};

} // namespace coracle
