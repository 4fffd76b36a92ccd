// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace coracle::guest {

/// fnmatch(3) without flags, for the patterns of modules.alias: '*', '?', '[...]' with ranges and
/// '!' or
/// '^', and '\' before a character that stands for itself. Time is bounded by pattern times text.
bool glob_matches(std::string_view pattern, std::string_view text);

} // namespace coracle::guest
