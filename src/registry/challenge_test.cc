// SPDX-License-Identifier: Apache-2.0
#include "registry/challenge.h"

#include <gtest/gtest.h>

namespace coracle {
namespace {

TEST(Challenge, IsReadAsRegistriesWriteIt) {
    auto challenge = choose_challenge(
        {R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push")"});
    ASSERT_TRUE(challenge);
    EXPECT_EQ(challenge->scheme, "bearer");
    EXPECT_EQ(challenge->parameters.at("realm"), "https://auth.docker.io/token");
    EXPECT_EQ(challenge->parameters.at("service"), "registry.docker.io");
    EXPECT_EQ(challenge->parameters.at("scope"), "repository:a/b:pull,push");
}

TEST(Challenge, MayComeWithOthers) {
    EXPECT_EQ(choose_challenge({R"(Basic realm="x", Bearer realm="y")"})->parameters.at("realm"),
              "y");
    EXPECT_EQ(choose_challenge({"Negotiate", R"(BASIC Realm=x)"})->scheme, "basic");
    EXPECT_EQ(
        parse_challenges(R"(Basic realm="a b", charset="UTF-8", Digest realm="c", qop="auth, int")")
            .size(),
        2u);
}

TEST(Challenge, UnderstandsQuotedPairs) {
    EXPECT_EQ(parse_challenges(R"(Bearer realm="a\"b\\c")")[0].parameters.at("realm"), R"(a"b\c)");
}

TEST(Challenge, IgnoresWhatItCannotAnswer) {
    EXPECT_FALSE(choose_challenge({}));
    EXPECT_FALSE(choose_challenge({"Negotiate", "Digest realm=\"x\""}));
    EXPECT_FALSE(choose_challenge({"Bearer"}));
    for (const char* text : {"", ",,,", "=", "\"", "Bearer realm=\"", "Bearer realm=\"\\", "a=b, c",
                             "\x01\x02", "Bearer =x", "Bearer realm"})
        parse_challenges(text);
}

} // namespace
} // namespace coracle
