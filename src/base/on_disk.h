// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>

namespace coracle {

/// An integer in a given byte order, without alignment: for structures laid out as on disk.
template <std::unsigned_integral T, std::endian Order>
class OnDisk {
public:
    constexpr OnDisk() = default;
    constexpr OnDisk(T value) {
        for (size_t i = 0; i < sizeof(T); ++i)
            bytes_[place(i)] = static_cast<unsigned char>(value >> (8 * i));
    }
    constexpr operator T() const {
        T value = 0;
        for (size_t i = 0; i < sizeof(T); ++i)
            value = static_cast<T>(value | static_cast<T>(T{bytes_[place(i)]} << (8 * i)));
        return value;
    }

private:
    static constexpr size_t place(size_t i) {
        return Order == std::endian::little ? i : sizeof(T) - 1 - i;
    }
    std::array<unsigned char, sizeof(T)> bytes_{};
};

template <std::unsigned_integral T>
using Le = OnDisk<T, std::endian::little>;
template <std::unsigned_integral T>
using Be = OnDisk<T, std::endian::big>;

} // namespace coracle
