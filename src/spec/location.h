// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace coracle {

/// A place in a file the user wrote. Lines and columns count from 1; line 0 is no known place.
struct Location {
    std::string file = {};
    int line = 0;
    int column = 0;
    /// How many columns are marked; at least 1.
    int width = 1;
};

} // namespace coracle
