// SPDX-License-Identifier: Apache-2.0
#include "base/on_disk.h"

#include <cstdint>
#include <cstring>

#include <gtest/gtest.h>

namespace coracle {
namespace {

struct Sample {
    unsigned char first = 0xaa;
    Le<uint32_t> little;
    Be<uint64_t> big;
    Le<uint16_t> last;
};
static_assert(sizeof(Sample) == 15);
static_assert(alignof(Le<uint64_t>) == 1);
static_assert(Le<uint16_t>(0xfffe) == 0xfffe);
static_assert(Be<uint64_t>(UINT64_MAX) == UINT64_MAX);

TEST(OnDisk, LaysBytesInItsOrder) {
    Sample sample;
    sample.little = 0x80010203;
    sample.big = 0xfedcba9876543210;
    sample.last = 0xff00;
    EXPECT_EQ(std::memcmp(&sample, "\xaa\x03\x02\x01\x80\xfe\xdc\xba\x98\x76\x54\x32\x10\x00\xff",
                          sizeof sample),
              0);
    EXPECT_EQ(sample.little, 0x80010203);
    EXPECT_EQ(sample.big, 0xfedcba9876543210);
    EXPECT_EQ(sample.last, 0xff00);
}

TEST(OnDisk, BeginsAsZero) { EXPECT_EQ(Be<uint32_t>(), 0u); }

} // namespace
} // namespace coracle
