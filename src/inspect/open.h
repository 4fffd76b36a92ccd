// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "inspect/contents.h"
#include "oci/platform.h"

namespace coracle {

/// Where and how contents are looked for.
struct InspectOptions {
    std::string cache; ///< the store's directory; it need not exist
    Platform platform; ///< of an image
    bool hash = false; ///< contents of files are hashed, for comparing
};

/// Reads what `what` names: a tar or docker output or an initrd (each as it is or compressed as a
/// whole), the name of a build ("redis-os": redis-os-initrd.img, else redis-os.tar, else
/// redis-os.docker), or an image in the cache. Throws Error for what is neither, and for damaged or
/// hostile archives.
Contents read_contents(const std::string& what, const InspectOptions& options);

} // namespace coracle
