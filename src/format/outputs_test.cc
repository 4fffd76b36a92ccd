// SPDX-License-Identifier: Apache-2.0
#include "format/outputs.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/error.h"

namespace coracle {
namespace {

size_t files_in(const std::string& directory) {
    auto all = std::filesystem::directory_iterator(directory);
    return static_cast<size_t>(std::distance(begin(all), end(all)));
}

TEST(Outputs, AppearTogetherWithTheirSizes) {
    TempDir dir;
    Outputs outputs;
    outputs.create(dir / "a").write("12345");
    outputs.create(dir / "b").write("1");
    EXPECT_EQ(files_in(dir.path()), 0u);
    auto made = outputs.commit();
    ASSERT_EQ(made.size(), 2u);
    EXPECT_EQ(made[0], std::pair(dir / "a", uint64_t{5}));
    EXPECT_EQ(made[1], std::pair(dir / "b", uint64_t{1}));
    EXPECT_EQ(read_file(dir / "a"), "12345");
}

TEST(Outputs, LeaveNothingBehindWithoutCommit) {
    TempDir dir;
    write_file(dir / "a", "old");
    {
        Outputs outputs;
        outputs.create(dir / "a").write("new");
        outputs.create(dir / "b").write("new");
        EXPECT_THROW(outputs.create(dir / "absent/c"), Error);
    }
    EXPECT_EQ(files_in(dir.path()), 1u);
    EXPECT_EQ(read_file(dir / "a"), "old");
}

TEST(Outputs, AreRefusedWhereADirectoryHasTheName) {
    TempDir dir;
    make_directories(dir / "a");
    Outputs outputs;
    EXPECT_THROW(outputs.create(dir / "a"), Error);
}

TEST(Outputs, AreRefusedTwice) {
    TempDir dir;
    Outputs outputs;
    outputs.create(dir / "a");
    try {
        outputs.create_file(dir / "a");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message(), "two of the formats write '" + (dir / "a") + "'");
    }
}

TEST(Outputs, AreClaimedOnce) {
    TempDir dir;
    Outputs outputs;
    EXPECT_TRUE(outputs.claim(dir / "a"));
    EXPECT_FALSE(outputs.claim(dir / "a"));
    outputs.create(dir / "a");
}

} // namespace
} // namespace coracle
