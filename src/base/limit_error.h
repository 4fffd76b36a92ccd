// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "base/error.h"

namespace coracle {

/// Input goes beyond a bound that its reader can be told to raise.
class LimitError : public ErrorOfKind<LimitError> {
public:
    /// `limit`: the bound's name for users, "entries".
    LimitError(std::string limit, std::string message)
        : ErrorOfKind(std::move(message)), limit_(std::move(limit)) {}
    const std::string& limit() const { return limit_; }

private:
    std::string limit_;
};

} // namespace coracle
