// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "build/lock_file.h"
#include "oci/manifest.h"

namespace coracle {

/// Where a built system is from: an in-toto statement (version 1) with a predicate of SLSA
/// provenance v1, about the files of the system. What went in is known by the lock file (empty:
/// nothing is said of it). Always the same for the same input: there is no time in it.
std::string provenance_statement(const Manifest& system, const LockFile& lock);

inline constexpr std::string_view provenance_predicate = "https://slsa.dev/provenance/v1";

} // namespace coracle
