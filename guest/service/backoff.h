// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

namespace coracle::guest {

/// How long to wait before a service is started again: from half a second, doubled each time up to
/// a minute; from the beginning once it has run for half a minute.
class Backoff {
public:
    int64_t next(int64_t ran_ms) {
        if (ran_ms >= long_enough)
            delay_ = first;
        return std::exchange(delay_, std::min(delay_ * 2, most));
    }
    void reset() { delay_ = first; }

private:
    static constexpr int64_t first = 500, most = 60000, long_enough = 30000;
    int64_t delay_ = first;
};

} // namespace coracle::guest
