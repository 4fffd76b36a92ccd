// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "image/merged_image.h"

namespace coracle {

/// What an image's tree is used as.
enum class ImageUse {
    system,    ///< unpacked onto `/` or as a volume: resolv.conf is made by the running system
    container, ///< the root of a container, which may have a resolv.conf bound over it
};

/// What LinuxKit changes in the tree of every image: Docker's leftovers go, and the files and mount
/// points that a runtime expects are made. `time` is the mtime of what is made.
TreeChanges image_rules(ImageUse use, int64_t time);

/// A directory entry with mode 0755, owned by root.
Entry directory_entry(const TreePath& path, int64_t time);
/// A regular file with mode 0644, owned by root.
Entry file_entry(const TreePath& path, uint64_t size, int64_t time);

} // namespace coracle
