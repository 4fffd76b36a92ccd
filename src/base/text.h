// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coracle {

/// The parts between separators; an empty text has one empty part.
std::vector<std::string> split(std::string_view text, char separator);

std::string join(std::span<const std::string> parts, std::string_view separator);

std::string_view trim(std::string_view text);

/// A non-negative decimal number without sign or spaces; nullopt for anything else or an overflow.
std::optional<uint64_t> parse_number(std::string_view text, int base = 10);

/// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);

/// "812 B", "4.5 KiB", "96.9 MiB".
std::string human_size(uint64_t bytes);

/// A text from outside for a terminal: control characters (but tab and newline) as \xNN.
std::string printable(std::string_view text);

/// A word quoted for a POSIX shell where it needs to be.
std::string shell_quote(std::string_view word);

/// The candidate a user may have meant: the one nearest by edit distance, if it is near.
std::optional<std::string> did_you_mean(std::string_view word,
                                        std::span<const std::string_view> candidates);

} // namespace coracle
