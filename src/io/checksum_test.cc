// SPDX-License-Identifier: Apache-2.0
#include "io/checksum.h"

#include <gtest/gtest.h>

namespace coracle {
namespace {

// As `xxh128sum` prints them.
TEST(Checksum, IsXxh3Of128Bits) {
    EXPECT_EQ(Checksum().hex(), "99aa06d3014798d86001c324468d497f");
    EXPECT_EQ(Checksum().update("cora").update("cle").hex(), Checksum().update("coracle").hex());
    EXPECT_NE(Checksum().update("coracle").hex(), Checksum().update("coracld").hex());
}

} // namespace
} // namespace coracle
