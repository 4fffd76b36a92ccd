// SPDX-License-Identifier: Apache-2.0
#include "base/tree_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace coracle {
namespace {

using namespace std::string_view_literals;

std::string refusal(std::string_view name) {
    try {
        TreePath path(name);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(TreePath, TakesNamesAsArchivesWriteThem) {
    EXPECT_EQ(TreePath("./usr/bin/").str(), "usr/bin");
    EXPECT_EQ(TreePath("/usr//bin/./sh").str(), "usr/bin/sh");
    EXPECT_EQ(TreePath("...").str(), "...");
    EXPECT_EQ(TreePath("a\xff\n\x1b").str(), "a\xff\n\x1b");
}

TEST(TreePath, HasOneRoot) {
    for (const char* name : {"", "/", ".", "./", "/.", "//./"})
        EXPECT_TRUE(TreePath(name).is_root()) << name;
    EXPECT_EQ(TreePath().parent(), TreePath());
    EXPECT_EQ(TreePath().name(), "");
}

TEST(TreePath, RefusesToLeaveItsRoot) {
    EXPECT_EQ(refusal("../etc/passwd"), "the name '../etc/passwd' leaves its root");
    EXPECT_EQ(refusal("a/../b"), "the name 'a/../b' leaves its root");
    EXPECT_EQ(refusal("a/.."), "the name 'a/..' leaves its root");
    EXPECT_EQ(refusal("a/..b"), "");
}

TEST(TreePath, RefusesNulBytes) {
    EXPECT_EQ(refusal("etc/passwd\0.txt"sv), "the name 'etc/passwd' has a NUL byte in it");
}

TEST(TreePath, RefusesLongComponentsAndNames) {
    EXPECT_EQ(refusal(std::string(255, 'a')), "");
    EXPECT_EQ(refusal(std::string(256, 'a')),
              "the name '" + std::string(64, 'a') +
                  "...' has a component of 256 bytes, more than 255");
    std::string name;
    for (int i = 0; i < 2048; ++i)
        name += "a/";
    EXPECT_EQ(refusal(name), ""); // 4095 without the last slash
    EXPECT_THAT(refusal(name + "b"), testing::HasSubstr("is 4097 bytes long, more than 4095"));
}

TEST(TreePath, BoundsWhatIsJoined) {
    TreePath half(std::string(200, 'a') + "/" + std::string(200, 'b'));
    TreePath whole;
    EXPECT_THROW(
        {
            for (int i = 0; i < 11; ++i)
                whole = whole / half;
        },
        Error);
    EXPECT_EQ((TreePath("a") / TreePath("b/c")).str(), "a/b/c");
    EXPECT_EQ((TreePath() / "b").str(), "b");
    EXPECT_EQ((TreePath("a") / "").str(), "a");
    EXPECT_THROW(TreePath("a") / "../b", Error);
}

TEST(TreePath, KnowsNameAndParent) {
    TreePath path("usr/bin/sh");
    EXPECT_EQ(path.name(), "sh");
    EXPECT_EQ(path.parent().str(), "usr/bin");
    EXPECT_EQ(TreePath("usr").parent(), TreePath());
}

TEST(TreePath, ContainsItselfAndWhatLiesBelow) {
    TreePath usr("usr");
    EXPECT_TRUE(usr.contains(usr));
    EXPECT_TRUE(usr.contains(TreePath("usr/bin")));
    EXPECT_FALSE(usr.contains(TreePath("usrlocal")));
    EXPECT_FALSE(usr.contains(TreePath()));
    EXPECT_TRUE(TreePath().contains(usr));
}

} // namespace
} // namespace coracle
