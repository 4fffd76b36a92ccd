// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace coracle {

/// A time in seconds since 1970 as RFC 3339 writes it, in UTC: "2017-04-18T16:30:00Z".
std::string rfc3339(int64_t time);

} // namespace coracle
