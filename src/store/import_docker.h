// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/import.h"

namespace coracle {

/// What an archive of images held. All files are in the store as blobs.
struct ArchiveContent {
    std::map<std::string, std::string> documents; ///< index.json, manifest.json: their texts
    std::map<std::string, Descriptor> files;      ///< by path; without media types
    std::map<std::string, std::string> links;     ///< symbolic links: their targets
};

/// The images of a `docker save` archive, whose manifests are made and put into the store.
std::vector<Imported> images_of_docker(Store& store, const ArchiveContent& content);

} // namespace coracle
