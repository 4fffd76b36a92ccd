// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "image/merged_image.h"
#include "rootfs/files.h"

namespace coracle {

/// Where several images bring Alpine's package database, lib/apk/db/installed: all of them in one,
/// so that none is lost where the images are laid over each other. Else nothing.
std::vector<FileItem> join_apk_databases(const std::vector<std::unique_ptr<MergedImage>>& images);

} // namespace coracle
