// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oci/manifest.h"

namespace coracle {

// A built system in a registry: an artifact with one layer for each output file, as it is, whose
// title is the file's name, so that `oras pull` gets the files too.

namespace annotation {
inline constexpr const char* title = "org.opencontainers.image.title";
inline constexpr const char* system_name = "vnd.coracle.system.name";
} // namespace annotation

/// The files of a build.
struct SystemFiles {
    std::string name; ///< that they begin with: "redis-os"
    std::vector<std::string> paths;
};

/// What `outputs` name: files, and names of builds ("redis-os", "out/redis-os"), which stand for
/// all files that the formats call so. Throws when one names nothing.
SystemFiles find_outputs(const std::vector<std::string>& outputs);

/// What a file is, by its name.
std::string_view output_media_type(std::string_view name);

/// Throws when the manifest is not that of a built system, and for titles that are not names of
/// files: "'X' would write to '../a'". `reference` names it in errors.
void check_system(const Manifest& manifest, const std::string& reference);

/// The names of the files of a checked system, in the order of its layers; `name` instead of what
/// they begin with, if not "". Throws when two become the same.
std::vector<std::string> file_names(const Manifest& manifest, const std::string& name = "");

/// What the names of its files begin with; "" when nobody says.
std::string system_name(const Manifest& manifest);

} // namespace coracle
