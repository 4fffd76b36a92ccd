// SPDX-License-Identifier: Apache-2.0
#include "base/rfc3339.h"

#include <gtest/gtest.h>

TEST(Rfc3339, IsInUtc) {
    EXPECT_EQ(coracle::rfc3339(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(coracle::rfc3339(1492533000), "2017-04-18T16:30:00Z");
}
