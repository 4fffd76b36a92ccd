// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "archive/tar_reader.h"
#include "io/source.h"
#include "store/store.h"

namespace coracle {

/// How images enter the store from a tar file.
struct ImportOptions {
    bool replace = false;  ///< a name that is in the store already may get another meaning
    std::string name = {}; ///< the name of the only image in the archive, whatever it says itself
    TarLimits limits = {.entries = 100'000};
};

/// An image that was imported.
struct Imported {
    std::string name; ///< in full
    Descriptor root;
};

/// Reads a tar file (plain or packed with gzip, zstd or xz) that holds an OCI image layout or is of
/// `docker save`. Blobs are verified, and names are set only when all that they reach is whole;
/// then the manifests of a platform join those of others under the same name. Throws when the
/// archive has no image, or one without a name.
std::vector<Imported> import_images(Store& store, Source& archive,
                                    const ImportOptions& options = {});

/// As import_images(), but from an OCI image layout in a directory.
std::vector<Imported> import_directory(Store& store, const std::string& directory,
                                       const ImportOptions& options = {});

} // namespace coracle
