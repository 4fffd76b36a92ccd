// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "inspect/contents.h"
#include "oci/platform.h"

namespace coracle {

/// Where and how contents are looked for.
struct InspectOptions {
    std::string cache;         ///< the store's directory; it need not exist
    Platform platform;         ///< of an image
    bool hash = false;         ///< contents of files are hashed, for comparing
    std::string document = {}; ///< path of a file whose text is wanted; "" = none
};

/// Reads what `what` names: a tar or docker output, an initrd, or a tar with an initrd in it (each
/// as it is or compressed as a whole); a unified kernel image; the name of a build ("redis-os": the
/// first of redis-os-initrd.img, redis-os-initrd.tar, redis-os.tar, redis-os.docker, redis-os.efi);
/// or an image in the cache. Throws Error for what is none of these, and for damaged or hostile
/// archives.
Contents read_contents(const std::string& what, const InspectOptions& options);

} // namespace coracle
