// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "pkgbuild/image_tree.h"
#include "pkgbuild/package.h"

namespace coracle {

/// A package file to take content from.
struct DebFile {
    std::string name; ///< of the package
    int fd = -1;      ///< open, verified
};

/// All files of some Debian packages, as they would lie in the installed system (so with /bin and
/// the like merged into /usr), and the packages' control texts.
struct DebianFiles {
    struct Origin {
        std::string name;
        std::string control;
    };
    ImageTree tree;
    std::vector<Origin> origins;
};

/// Unpacks into `spool`. The order of `debs` does not matter.
DebianFiles unpack_debs(std::vector<DebFile> debs, FileSpool& spool);

/// The files that `content` asks for, with all that they need: targets of symlinks, parents, with
/// `needed_libraries` the shared libraries and program interpreters; and for each package that is
/// represented its copyright file and an entry in var/lib/dpkg/status.d. Throws when a pattern of
/// `keep` fits nothing, and when a library is missing.
ImageTree select_files(const DebianFiles& files, const DebianContent& content, FileSpool& spool);

} // namespace coracle
