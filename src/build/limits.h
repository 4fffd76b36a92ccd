// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "image/limits.h"

namespace coracle {

/// What a build's input may hold before it is refused.
struct Limits {
    LayerLimits layers = {};
    size_t values = 200'000; ///< in a YAML file, those that aliases repeat counted each time
};

/// Takes "NAME=VALUE", where a number of bytes may have a suffix (K, M, G, T; powers of 1024).
/// Throws UsageError for an unknown name and for what is no such number.
void set_limit(Limits& limits, std::string_view text);

/// All names with what they bound and their values by default, for --help.
std::string limits_in_words();
/// The same as a table in Markdown.
std::string limits_page();

} // namespace coracle
