// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/glob.h"

#include <gtest/gtest.h>

namespace coracle {
namespace {

TEST(Glob, StarStopsAtSlash) {
    EXPECT_TRUE(glob_match("usr/*/x", "usr/lib/x"));
    EXPECT_FALSE(glob_match("usr/*", "usr/lib/x"));
    EXPECT_TRUE(glob_match("usr/**", "usr/lib/x"));
    EXPECT_TRUE(glob_match("**/x", "usr/lib/x"));
    EXPECT_TRUE(glob_match("*", ""));
}

TEST(Glob, MatchesSetsAndSingleCharacters) {
    EXPECT_TRUE(glob_match("lib[a-c]?.so", "libbz.so"));
    EXPECT_FALSE(glob_match("lib[!a-c]z.so", "libbz.so"));
    EXPECT_FALSE(glob_match("a?b", "a/b"));
    EXPECT_TRUE(glob_match("a[]]b", "a]b"));
    EXPECT_TRUE(glob_match("a[b", "a[b"));
    EXPECT_TRUE(glob_match("a\\*b", "a*b"));
    EXPECT_FALSE(glob_match("a\\*b", "axb"));
}

TEST(Glob, IsQuickForPatternsThatAreSlowElsewhere) {
    std::string pattern, text(5'000, 'a');
    for (int i = 0; i < 200; ++i)
        pattern += "*a";
    EXPECT_FALSE(glob_match(pattern + "b", text));
    EXPECT_TRUE(glob_match(pattern, text));
}

TEST(PathGlobs, TakeAllBelowADirectory) {
    PathGlobs globs({"/usr/share/doc/", "etc/*.conf"});
    EXPECT_TRUE(globs.match("usr/share/doc"));
    EXPECT_TRUE(globs.match("usr/share/doc/x/copyright"));
    EXPECT_TRUE(globs.match("etc/a.conf"));
    EXPECT_FALSE(globs.match("usr/share/docs"));
    EXPECT_FALSE(PathGlobs({}).match("x"));
}

} // namespace
} // namespace coracle
