// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkgbuild/package.h"

namespace coracle {

/// A Debian package file, as a lock file pins it.
struct PinnedDeb {
    std::string name;
    std::string version;
    std::string architecture; ///< Debian's name: "amd64", "all"
    std::string sha256;       ///< 64 lower-case hex digits
    uint64_t size = 0;        ///< bytes
    std::string filename;     ///< below the archive: "pool/main/r/redis/redis-server_..."

    friend bool operator==(const PinnedDeb&, const PinnedDeb&) = default;
};

/// The lock file of a package for one architecture: what its Debian packages were resolved to.
struct DebianLock {
    std::string request; ///< the question whose answer this is: see debian_request()
    std::vector<PinnedDeb> debs;

    /// `name` is for errors: "FILE:LINE: CAUSE".
    static DebianLock parse(std::string_view text, const std::string& name);
    std::string str() const;

    friend bool operator==(const DebianLock&, const DebianLock&) = default;
};

/// DIRECTORY/debian.lock.ARCH.
std::string lock_path(const Package& package, const Platform& platform);

/// The names to resolve on an architecture: restrictions in brackets and ${arch} are worked out.
std::vector<std::string> debian_packages(const DebianContent& content, const Platform& platform);

/// All that decides which packages are taken, as one line: what is asked for, and a hash of which
/// files of them are wanted.
std::string debian_request(const Package& package, const Platform& platform);

/// Debian's name of an architecture: amd64, arm64, armhf, i386, ppc64el, riscv64, s390x. Throws for
/// others.
std::string debian_architecture(const Platform& platform);

} // namespace coracle
