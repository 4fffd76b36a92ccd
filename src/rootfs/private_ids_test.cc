// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "rootfs/container_config.h"
#include "rootfs/prefix.h"

namespace coracle {
namespace {

ImageEntry entry_with(const char* namespace_) {
    ImageEntry entry;
    entry.name = "redis";
    entry.userns = namespace_;
    return entry;
}

TEST(PrivateIds, LieBehindThoseOfTheContainerBefore) {
    IdMap ids = {{"dhcpcd", 100}, {"redis", 101}};
    EXPECT_EQ(first_private_id(entry_with("auto"), {}, ids), 2 * 65536U);
    EXPECT_EQ(first_private_id(entry_with("new"), {}, ids), 0U);
    EXPECT_EQ(first_private_id(ImageEntry{}, {}, ids), 0U);
}

TEST(PrivateIds, OwnTheContainersFiles) {
    const TreePath path("containers/services/redis/rootfs/data");
    EXPECT_EQ(shifted_id(999, 0, path), 999U);
    EXPECT_EQ(shifted_id(0, 131072, path), 131072U);
    EXPECT_EQ(shifted_id(999, 131072, path), 132071U);
    try {
        shifted_id(65536, 131072, path);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message(),
                  "'containers/services/redis/rootfs/data' belongs to the id 65536, "
                  "but a container with 'userns: auto' has just 65536 ids");
    }
}

} // namespace
} // namespace coracle
