// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace coracle {

constexpr size_t tar_block = 512;

/// The ustar header block (IEEE Std 1003.1-2017, pax, "ustar Interchange Format").
struct UstarHeader {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char link_name[100];
    char magic[6];
    char version[2];
    char user_name[32];
    char group_name[32];
    char device_major[8];
    char device_minor[8];
    char prefix[155];
    char padding[12];
};
static_assert(sizeof(UstarHeader) == tar_block);

/// The sum of a header's bytes, its checksum field taken as spaces.
inline unsigned tar_checksum(const UstarHeader& header) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(&header);
    unsigned sum = 0;
    for (size_t i = 0; i < tar_block; ++i)
        sum += bytes[i];
    for (char c : header.checksum)
        sum -= static_cast<unsigned char>(c);
    return sum + unsigned{' '} * sizeof header.checksum;
}

/// How many zero bytes fill the last block of a content of `size` bytes.
constexpr size_t tar_padding(unsigned long long size) {
    return static_cast<size_t>((tar_block - size % tar_block) % tar_block);
}

} // namespace coracle
