// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "pkgbuild/image_tree.h"

namespace coracle {

/// What programs need to be run, besides themselves.
struct NeededLibraries {
    std::vector<TreePath> libraries; ///< and interpreters: in the tree
    /// Links from the place where programs expect their interpreter to where it is; they are not in
    /// the tree, because the packages count on /lib64 and the like being links.
    std::vector<TreeItem> links;
};

/// All that the ELF files among `chosen` need, directly or through other libraries, as the dynamic
/// linker would find it in `tree` without a cache: by DT_NEEDED name, in the directories for
/// libraries or in any other directory. Throws when something is missing.
NeededLibraries needed_libraries(const ImageTree& tree, const std::set<TreePath>& chosen);

/// True for names like usr/lib/x86_64-linux-gnu/libz.so.1.3.
bool is_library_path(std::string_view path);

} // namespace coracle
