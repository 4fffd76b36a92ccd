// SPDX-License-Identifier: Apache-2.0
#include "disk/guid.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "io/hash.h"

namespace coracle {

namespace {

/// The same in both directions: RFC 9562 order and the one on disk.
std::array<unsigned char, 16> swapped(std::array<unsigned char, 16> bytes) {
    std::reverse(bytes.begin(), bytes.begin() + 4);
    std::swap(bytes[4], bytes[5]);
    std::swap(bytes[6], bytes[7]);
    return bytes;
}

std::array<unsigned char, 16> from_hex(std::string_view hex) {
    std::array<unsigned char, 16> bytes{};
    for (size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<unsigned char>(parse_number(hex.substr(2 * i, 2), 16).value());
    return bytes;
}

} // namespace

Guid Guid::parse(std::string_view text) {
    std::string hex(text);
    std::erase(hex, '-');
    bool right = text.size() == 36 && hex.size() == 32 && text[8] == '-' && text[13] == '-' &&
                 text[18] == '-' && text[23] == '-' &&
                 hex.find_first_not_of("0123456789abcdefABCDEF") == hex.npos;
    if (!right)
        throw Error("'{}' is not a UUID", text);
    return {swapped(from_hex(hex))};
}

Guid Guid::derive(std::string_view seed) {
    auto bytes = from_hex(sha256_hex(seed));
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x80);
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
    return {swapped(bytes)};
}

Guid Guid::half_of(std::string_view hash, unsigned half) {
    return {swapped(from_hex(hash.substr(half * 32, 32)))};
}

std::array<unsigned char, 16> Guid::in_order() const { return swapped(bytes); }

std::string Guid::str() const {
    auto all = in_order();
    std::string text;
    for (size_t i = 0; i < all.size(); ++i)
        text += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", all[i]);
    return text;
}

uint32_t derive_number(std::string_view seed) {
    auto number =
        static_cast<uint32_t>(parse_number(sha256_hex(seed).substr(0, 8), 16).value_or(0));
    return number == 0 ? 1 : number;
}

} // namespace coracle
