// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"

namespace coracle::fuzz {

inline std::string_view text_of(const uint8_t* data, size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Ends the program where `holds` is false: something that must be so is not.
inline void check(bool holds, std::string_view what) {
    if (holds)
        return;
    fmt::print(stderr, "check failed: {}\n", what);
    std::abort();
}

/// Runs `body`; an Error is a good answer to bad input, everything else is not.
template <class Body>
void expect_error_at_most(Body&& body) {
    try {
        body();
    } catch (const Error&) {
    }
}

} // namespace coracle::fuzz
