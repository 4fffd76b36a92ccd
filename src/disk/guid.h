// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace coracle {

/// A UUID (RFC 9562), as on disk in the byte order of GPT: the first three fields little-endian.
struct Guid {
    std::array<unsigned char, 16> bytes{};

    /// From "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"; throws for any other form.
    static Guid parse(std::string_view text);
    /// A function of `seed` alone, of version 8.
    static Guid derive(std::string_view seed);
    /// The first (`half` 0) or last 128 bits of a SHA-256 in hexadecimal, as the Discoverable
    /// Partitions Specification makes partition GUIDs of root hashes.
    static Guid half_of(std::string_view hash, unsigned half);

    std::string str() const;
    /// The bytes as the text has them: all fields big-endian (RFC 9562), as outside of GPT.
    std::array<unsigned char, 16> in_order() const;
    friend bool operator==(const Guid&, const Guid&) = default;
};

/// 32 bits that are a function of `seed` alone, and not 0: for disk signatures and volume serial
/// numbers.
uint32_t derive_number(std::string_view seed);

} // namespace coracle
