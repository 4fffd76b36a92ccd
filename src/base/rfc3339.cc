// SPDX-License-Identifier: Apache-2.0
#include "base/rfc3339.h"

#include <ctime>

namespace coracle {

std::string rfc3339(int64_t time) {
    auto seconds = static_cast<std::time_t>(time);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

} // namespace coracle
