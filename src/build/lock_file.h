// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "oci/digest.h"

namespace coracle {

/// An image in a lock file.
struct LockedImage {
    Digest root; ///< what its name meant: an index, or the manifest
    std::map<std::string, Digest> manifests = {}; ///< by platform: "linux/amd64"

    friend bool operator==(const LockedImage&, const LockedImage&) = default;
};

/// The digests of everything that went into a build. JSON, always in the same order, to be kept
/// under version control beside the YAML file.
struct LockFile {
    std::vector<std::string> specs = {};            ///< YAML files and URLs, as they are merged
    std::map<std::string, LockedImage> images = {}; ///< by full name
    std::map<std::string, std::string> packages =
        {};                                   ///< "@pkg:redis" -> "docker.io/coracle/redis:HASH"
    std::map<std::string, Digest> urls = {};  ///< what was fetched
    std::map<std::string, Digest> files = {}; ///< of this machine, relative to the lock file

    /// Refuses what it does not know, and anything beyond sensible sizes.
    static LockFile parse(std::string_view text, const std::string& name);
    std::string str() const;

    friend bool operator==(const LockFile&, const LockFile&) = default;
};

/// What differs between two, one line each: "docker.io/library/redis:8 linux/amd64: sha256:A is now
/// sha256:B".
std::vector<std::string> differences(const LockFile& old, const LockFile& fresh);

} // namespace coracle
