// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace coracle {

struct Node;

enum class ScalarType { null, boolean, integer, real, text };

/// What a scalar means, as Go's yaml.v3 reads it: without quotes, true/True/TRUE and their
/// opposites are booleans (yes and on are texts), 0644, 0o644, 0x1a4, 0b1 and 1_000 are integers, a
/// date is a text.
struct Scalar {
    ScalarType type = ScalarType::text;
    bool boolean = false;
    int64_t integer = 0;
    /// For real, and for integers too large for int64_t.
    double real = 0;
};

/// `node` must be a scalar.
Scalar resolve_scalar(const Node& node);
/// The meaning of a plain scalar.
Scalar resolve_plain(std::string_view text);

} // namespace coracle
