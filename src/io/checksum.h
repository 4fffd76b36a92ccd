// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace coracle {

/// A running XXH3-128: tells damage to what we wrote ourselves many times as fast as a
/// cryptographic hash. No proof against malice; see Hasher for that.
class Checksum {
public:
    Checksum();
    ~Checksum();
    Checksum(Checksum&&) noexcept;
    Checksum& operator=(Checksum&&) = delete;

    Checksum& update(std::string_view data);
    /// 32 hexadecimal digits.
    std::string hex() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace coracle
