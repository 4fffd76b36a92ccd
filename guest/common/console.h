// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <fmt/format.h>

namespace coracle::guest {

/// Writes "coracle: TEXT" and a newline to standard error, which is the console, in one write.
void say_text(std::string_view text);

template <class... Arguments>
void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    say_text(fmt::format(format, std::forward<Arguments>(arguments)...));
}

/// say() with "error: " before the text.
template <class... Arguments>
void complain(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    say_text("error: " + fmt::format(format, std::forward<Arguments>(arguments)...));
}

} // namespace coracle::guest
