// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "oci/platform.h"
#include "pkgbuild/apt_sources.h"
#include "pkgbuild/debian_lock.h"

namespace coracle {

/// apt with state of its own: the machine's installed packages, its lists and its configuration
/// have no part in it, but for the sources, how to reach them (Acquire::*) and the credentials for
/// them. Needs no root.
class Apt {
public:
    struct Options {
        std::string directory; ///< where the state is kept, per suite and architecture
        std::string suite;
        Platform platform;
        std::string mirror = {}; ///< "" = the machine's sources
        Reporter* reporter = &silent_reporter();
    };

    /// Throws when apt or the keyring is not installed, and when no source is known.
    explicit Apt(Options options);

    /// The package files that `content` takes, the newest the archives have; apt has checked the
    /// archives' signatures. Fetches the lists when those at hand are not fresh.
    std::vector<PinnedDeb> resolve(const DebianContent& content);

    struct Download {
        std::string url;
        std::string path;
        std::string sha256;
    };
    /// Fetches files with apt's own methods. What cannot be had is missing afterwards; nothing is
    /// thrown. Returns what apt had to say about failures.
    std::string fetch(const std::vector<Download>& downloads) const;

    const std::vector<AptSource>& sources() const { return sources_; }

private:
    void update();
    std::string output(std::vector<std::string> arguments) const;
    PinnedDeb parse_uri(const std::string& line) const;

    Options options_;
    std::string directory_;
    std::vector<AptSource> sources_;
};

/// A file name in an archive as part of a URL.
std::string escape_url_path(std::string_view path);

} // namespace coracle
