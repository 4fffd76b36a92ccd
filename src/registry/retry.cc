// SPDX-License-Identifier: Apache-2.0
#include "registry/retry.h"

#include <algorithm>
#include <thread>

#include "registry/http.h"

namespace coracle {

namespace {

constexpr uint64_t worthwhile = 1 << 20;

using std::chrono::milliseconds;

milliseconds delay_before(const RetryPolicy& policy, int attempt) {
    milliseconds delay = policy.first_delay * (1 << std::min(attempt - 1, 10));
    return std::min<milliseconds>(delay, policy.longest_delay);
}

} // namespace

void with_retries(const RetryPolicy& policy, Reporter& reporter,
                  const std::function<void()>& attempt, const std::function<uint64_t()>& progress) {
    uint64_t before = progress();
    for (int count = 1;; ++count) {
        milliseconds delay = delay_before(policy, count);
        try {
            return attempt();
        } catch (const BusyError& error) {
            if (count >= policy.attempts)
                throw;
            if (error.after)
                delay = std::min<milliseconds>(std::max<milliseconds>(delay, *error.after),
                                               policy.longest_delay);
            reporter.verbose(fmt::format("{}; trying again", error.message()));
        } catch (const TransportError& error) {
            uint64_t now = progress();
            if (now - before >= worthwhile)
                count = 1;
            before = now;
            if (count >= policy.attempts || error.kind != TransportError::Kind::connection)
                throw;
            reporter.verbose(fmt::format("{}; trying again", error.message()));
        }
        std::this_thread::sleep_for(delay);
    }
}

} // namespace coracle
