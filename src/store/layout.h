// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/fd.h"
#include "oci/digest.h"

namespace coracle {

// The files of an OCI image layout (OCI image specification, "OCI Image Layout") and ours beside
// them.

std::string blob_path(const std::string& directory, const Digest& digest);
/// Where locks and unfinished blobs are: DIRECTORY/.coracle/NAME, which other tools do not look at.
std::string own_path(const std::string& directory, std::string_view name);

/// Checks that `directory` is a layout of version 1. False when it is absent or empty; throws when
/// it holds something else.
bool check_layout(const std::string& directory);
/// Makes an empty layout.
void make_layout(const std::string& directory);

/// The name of an entry of index.json, or "".
std::string ref_name(const nlohmann::ordered_json& entry);

/// The text of index.json, or of an empty one where it is absent.
std::string read_index_file(const std::string& directory);

/// Changes index.json under the lock that LinuxKit takes too (a POSIX lock on DIRECTORY/.lock).
/// `change` edits its "manifests" and returns whether it changed them; entries it leaves keep their
/// unknown fields.
void change_index_file(const std::string& directory,
                       const std::function<bool(nlohmann::ordered_json& manifests)>& change);

} // namespace coracle
