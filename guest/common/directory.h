// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace coracle::guest {

/// The names in a directory (without "." and ".."), sorted; none when it is absent.
std::vector<std::string> names_in(const std::string& directory);

/// mkdir -p; existing directories keep their mode. Throws Error("cannot make directory 'PATH':
/// ...").
void make_path(const std::string& path, mode_t mode = 0755);

bool is_directory(const std::string& path);

/// Writes text into an existing file with one write(2), as /proc and /sys want it. False on
/// failure.
bool put(const std::string& path, std::string_view text);

} // namespace coracle::guest
