// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include "base/error.h"
#include "base/progress.h"
#include "registry/options.h"

namespace coracle {

/// The registry is busy or broken for now.
class BusyError : public Error {
public:
    BusyError(std::string message, std::optional<std::chrono::seconds> wait)
        : Error(std::move(message)), after(wait) {}
    std::optional<std::chrono::seconds> after; ///< what Retry-After asked for
};

/// Runs `attempt` until it returns; again, after growing delays, when it throws a BusyError or a
/// TransportError of a connection. `progress` says how much was achieved: while it grows by at
/// least 1 MiB an attempt, attempts are not counted.
void with_retries(
    const RetryPolicy& policy, Reporter& reporter, const std::function<void()>& attempt,
    const std::function<uint64_t()>& progress = [] { return uint64_t{0}; });

} // namespace coracle
