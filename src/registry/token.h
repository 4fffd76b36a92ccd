// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "registry/challenge.h"
#include "registry/credentials.h"
#include "registry/http.h"

namespace coracle {

/// What a token server needs to know.
struct TokenRequest {
    Url registry; ///< that sent the challenge
    Challenge challenge;
    std::string scope; ///< several with spaces between
    std::optional<Credentials> credentials = {};
    std::string advice = {}; ///< the hint of an error when it refuses
};

/// Asks the server that a Bearer challenge names for a token, which is good for the duration
/// (distribution project, "Token Authentication Specification"). Without credentials it is an
/// anonymous one. Refuses a server without TLS, and one on this machine that a registry elsewhere
/// names.
std::pair<std::string, std::chrono::seconds> ask_for_token(HttpClient& client,
                                                           const TokenRequest& request);

/// What such a server answers; `where` names it in errors.
std::pair<std::string, std::chrono::seconds> parse_token(std::string_view answer,
                                                         const std::string& where);

/// "Basic ...".
std::string basic_authorization(const Credentials& credentials);

} // namespace coracle
