// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coracle {

/// What a server wants to see: one challenge of a WWW-Authenticate header (RFC 9110, section 11).
struct Challenge {
    std::string scheme;                            ///< in lower case: "basic", "bearer"
    std::map<std::string, std::string> parameters; ///< names in lower case
};

/// The challenges of one header; malformed ones are left out, never an error. A header may hold
/// several.
std::vector<Challenge> parse_challenges(std::string_view header);

/// The best that we can answer: Bearer with a realm, else Basic.
std::optional<Challenge> choose_challenge(const std::vector<std::string>& headers);

} // namespace coracle
