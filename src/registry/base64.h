// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace coracle {

// RFC 4648, section 4, with padding.
std::string base64_encode(std::string_view bytes);
/// nullopt for what is not base64; padding may lack.
std::optional<std::string> base64_decode(std::string_view text);

} // namespace coracle
