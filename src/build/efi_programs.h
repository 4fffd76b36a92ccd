// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/progress.h"
#include "oci/platform.h"
#include "store/store.h"

namespace coracle {

/// A program of systemd's for UEFI ("linuxaa64.efi.stub") from the package `efi` that comes with
/// Coracle: of the version that its lock file pins, fetched from Debian when the cache lacks it.
std::string efi_program_of_package(Store& store, const Platform& platform, const std::string& name,
                                   Reporter& reporter);

} // namespace coracle
