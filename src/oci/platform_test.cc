// SPDX-License-Identifier: Apache-2.0
#include "oci/platform.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace coracle {
namespace {

std::string normal(const std::string& text) { return Platform::parse(text).str(); }

TEST(Platform, IsNormalised) {
    EXPECT_EQ(normal("linux/amd64"), "linux/amd64");
    EXPECT_EQ(normal("linux/x86_64"), "linux/amd64");
    EXPECT_EQ(normal("aarch64"), "linux/arm64");
    EXPECT_EQ(normal("arm64"), "linux/arm64");
    EXPECT_EQ(normal("linux/arm64/v8"), "linux/arm64");
    EXPECT_EQ(normal("linux/amd64/v1"), "linux/amd64");
    EXPECT_EQ(normal("linux/amd64/v3"), "linux/amd64/v3");
    EXPECT_EQ(normal("armhf"), "linux/arm/v7");
    EXPECT_EQ(normal("linux/armel"), "linux/arm/v6");
    EXPECT_EQ(normal("linux/arm"), "linux/arm/v7");
    EXPECT_EQ(normal("linux/arm/6"), "linux/arm/v6");
    EXPECT_EQ(normal("Linux/I386"), "linux/386");
    EXPECT_EQ(normal("macos/arm64"), "darwin/arm64");
    EXPECT_EQ(normal("riscv64"), "linux/riscv64");
}

TEST(Platform, LinuxAloneIsTheHostsArchitecture) {
    EXPECT_EQ(Platform::parse("linux"), Platform::host());
    EXPECT_FALSE(Platform::host().architecture.empty());
}

TEST(Platform, RefusesWhatIsNone) {
    for (const char* text : {"", "/", "linux/", "/amd64", "a/b/c/d", "linux/amd 64", "linux/../x"})
        EXPECT_THROW(Platform::parse(text), Error) << text;
    try {
        Platform::parse("a/b/c/d");
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "'a/b/c/d' is not a platform: it has more than three parts");
    }
}

TEST(Platform, TakesOlderVariantsButNotNewer) {
    auto distance = [](const char* wanted, const char* offered) {
        return Platform::parse(wanted).distance(Platform::parse(offered));
    };
    EXPECT_EQ(distance("linux/arm/v7", "linux/arm/v7"), 0u);
    EXPECT_EQ(distance("linux/arm/v7", "linux/arm/v6"), 1u);
    EXPECT_EQ(distance("linux/arm/v6", "linux/arm/v7"), std::nullopt);
    EXPECT_EQ(distance("linux/amd64", "linux/amd64/v2"), std::nullopt);
    EXPECT_LT(*distance("linux/amd64/v3", "linux/amd64/v2"),
              *distance("linux/amd64/v3", "linux/amd64"));
    EXPECT_EQ(distance("linux/amd64", "linux/arm64"), std::nullopt);
    EXPECT_EQ(distance("linux/amd64", "windows/amd64"), std::nullopt);
    EXPECT_EQ(Platform::of("linux", "arm", "odd").distance(Platform::of("linux", "arm", "x")),
              std::nullopt);
}

TEST(Platform, KnowsTheUnknownOfAttestations) {
    EXPECT_TRUE(Platform::of("unknown", "unknown").is_unknown());
    EXPECT_FALSE(Platform::parse("linux/amd64").is_unknown());
}

} // namespace
} // namespace coracle
