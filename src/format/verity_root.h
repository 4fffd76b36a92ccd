// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "disk/guid.h"
#include "format/format.h"

namespace coracle {

/// A root file system that is verified block by block, and the EFI program that starts it. Each
/// part is made once in a build.
struct VerityRoot {
    const Extents& image;
    const Extents& hashes;
    std::string root_hash; ///< in hexadecimal
    const Extents& uki;

    /// GUIDs of the partitions, which the root hash determines.
    Guid image_id() const { return Guid::half_of(root_hash, 0); }
    Guid hashes_id() const { return Guid::half_of(root_hash, 1); }
};
VerityRoot make_verity_root(const FormatInput& input, std::vector<ComponentResult>& results);

/// What tells the newer of two systems (the UAPI Group's Version Format Specification).
std::string system_version(const FormatInput& input);
/// Throws UsageError for what cannot be a version: it stands in names of files and partitions.
void check_version(std::string_view version);

} // namespace coracle
