// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "inspect/contents.h"
#include "inspect/difference.h"

namespace coracle {

/// What `coracle inspect` shows to people.
std::string text_of(const Contents& contents);
/// The same for programs, complete: name, kind, outputs, components, containers, entries, bytes.
nlohmann::ordered_json json_of(const Contents& contents);

/// What `coracle diff` shows to people; one line when there is no difference.
std::string text_of(const Differences& differences);
/// The same for programs: a, b, components, containers, totals.
nlohmann::ordered_json json_of(const Differences& differences);

} // namespace coracle
