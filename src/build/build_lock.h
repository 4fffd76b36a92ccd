// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/progress.h"
#include "build/lock_file.h"
#include "oci/platform.h"
#include "spec/spec.h"
#include "store/resolve.h"

namespace coracle {

/// The lock file of a build. Where it exists, it is followed: what differs is an error. Where it
/// does not, what the build sees is written into it. Without a path nothing happens at all.
///
/// Files of this machine are recorded too, but they may change: a lock file is about what others
/// could change. Such a change is told.
class BuildLock {
public:
    enum class Mode { off, record, follow };

    /// `path` "": off.
    explicit BuildLock(const std::string& path);
    /// Records although the file exists.
    static BuildLock to_record(const std::string& path);

    Mode mode() const { return mode_; }
    /// The file as it is.
    const LockFile& file() const { return locked_; }
    /// The YAML files that it names, as paths from here.
    std::vector<std::string> specs() const;

    /// What the YAML files are, and which files of this machine they name.
    void take_spec(const Spec& spec, const std::vector<std::string>& files, Reporter& reporter);
    /// `request` as the YAML says it ("@pkg:redis"), `directory` where it is one.
    void take_package(const std::string& request, const std::string& directory,
                      const std::string& reference);
    /// What the image must be; nullopt when nothing is followed. Throws when the file does not have
    /// it.
    std::optional<LockedImage> expected(const Reference& reference, const Platform& platform) const;
    void take_image(const ResolvedImage& image, const Platform& platform);

    /// Writes what was recorded. Returns how it differs from the file as it was.
    std::vector<std::string> save() const;

private:
    BuildLock(std::string path, Mode mode);
    void take_url(const std::string& url, const Digest& digest);
    void take_file(const std::string& path, const Digest& digest, Reporter& reporter);
    std::string from_lock(const std::string& path) const;
    Error mismatch(const std::string& what, const std::string& is, const std::string& locked,
                   std::string_view alternative = "") const;

    std::string path_;
    std::string directory_;
    Mode mode_;
    LockFile locked_;
    LockFile seen_;
};

} // namespace coracle
