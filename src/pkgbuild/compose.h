// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pkgbuild/debian_files.h"
#include "store/store.h"

namespace coracle {

/// The files of an image and the time it bears.
struct Composition {
    ImageTree tree;
    int64_t time = 0; ///< the newest time of its Debian files, else $SOURCE_DATE_EPOCH, else 0
    std::set<std::string> used; ///< the Debian packages that files come from
};

/// Puts together what the sections of a package ask for. No time is later than `epoch`.
Composition compose(const Package& package, const Platform& platform, std::vector<DebFile> debs,
                    std::optional<int64_t> epoch, FileSpool& spool);

/// Writes layer, configuration and manifest; the same composition gives the same bytes. The caller
/// holds a session of the store. The answer describes the manifest.
Descriptor write_image(Store& store, const Package& package, const Platform& platform,
                       const Composition& composition);

/// $SOURCE_DATE_EPOCH. Throws when it is set to what is no number.
std::optional<int64_t> source_date_epoch();

} // namespace coracle
