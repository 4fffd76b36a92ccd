// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "io/hash.h"

namespace coracle {

/// Hashes a list of texts, so that different lists never give the same hash.
class KeyBuilder {
public:
    /// `kind` names what the key is for.
    explicit KeyBuilder(std::string_view kind);
    KeyBuilder& add(std::string_view text);
    KeyBuilder& add(uint64_t number);
    /// In hexadecimal. Call once, last.
    std::string hex() { return hasher_.hex(); }

private:
    Hasher hasher_;
};

} // namespace coracle
