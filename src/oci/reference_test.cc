// SPDX-License-Identifier: Apache-2.0
#include "oci/reference.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace coracle {
namespace {

const std::string digest_text = Digest::of("x").str();

std::string full(const std::string& text) { return Reference::parse(text).full(); }

std::string refusal(const std::string& text) {
    try {
        return "accepted as " + full(text);
    } catch (const Error& error) {
        return error.message();
    }
}

TEST(Reference, IsNormalisedAsDockerDoes) {
    EXPECT_EQ(full("redis"), "docker.io/library/redis:latest");
    EXPECT_EQ(full("redis:4.0.5-alpine"), "docker.io/library/redis:4.0.5-alpine");
    EXPECT_EQ(full("linuxkit/init:abc"), "docker.io/linuxkit/init:abc");
    EXPECT_EQ(full("docker.io/redis"), "docker.io/library/redis:latest");
    EXPECT_EQ(full("index.docker.io/library/redis"), "docker.io/library/redis:latest");
    EXPECT_EQ(full("quay.io/a/b/c:1"), "quay.io/a/b/c:1");
    EXPECT_EQ(full("quay.io/redis"), "quay.io/redis:latest");
    EXPECT_EQ(full("localhost/redis"), "localhost/redis:latest");
    EXPECT_EQ(full("localhost:5000/redis:1"), "localhost:5000/redis:1");
    EXPECT_EQ(full("Registry/redis"), "Registry/redis:latest");
    EXPECT_EQ(full("127.0.0.1:5000/a"), "127.0.0.1:5000/a:latest");
    EXPECT_EQ(full("[::1]:5000/a:2"), "[::1]:5000/a:2");
    EXPECT_EQ(full("[fd00:1:2::3]/a"), "[fd00:1:2::3]/a:latest");
}

TEST(Reference, TakesDigests) {
    EXPECT_EQ(full("redis@" + digest_text), "docker.io/library/redis@" + digest_text);
    EXPECT_EQ(full("redis:4@" + digest_text), "docker.io/library/redis:4@" + digest_text);
    auto reference = Reference::parse("redis:4@" + digest_text);
    EXPECT_EQ(reference.tag(), "4");
    EXPECT_EQ(reference.digest()->str(), digest_text);
    EXPECT_EQ(reference.name(), "docker.io/library/redis");
}

TEST(Reference, AllowsTheSeparatorsOfTheGrammar) {
    for (const char* name : {"a.b", "a_b", "a__b", "a-b", "a----b", "a/b.c/d_e/f__g", "0"})
        EXPECT_EQ(refusal(name).substr(0, 11), "accepted as") << name;
    for (const char* name : {"a..b", "a___b", "a._b", "-a", "a-", "_a", "a_", ".a", "a/", "/a",
                             "a//b", "a/.b", "a b", "a\n", "a/../b", "a/./b"})
        EXPECT_NE(refusal(name).substr(0, 11), "accepted as") << name;
}

TEST(Reference, RefusesWithAClearCause) {
    EXPECT_EQ(refusal(""), "'' is not an image reference: it is empty");
    EXPECT_EQ(refusal("Redis"),
              "'Redis' is not an image reference: the repository name must be in lower case");
    EXPECT_EQ(refusal("redis:"),
              "'redis:' is not an image reference: its tag may only have letters, digits, '_', '.' "
              "and '-', at most 128, and start with none of '.' and '-'");
    EXPECT_EQ(refusal("redis@sha256:12"), "'redis@sha256:12' is not an image reference: what "
                                          "follows the '@' is not a sha256 or sha512 digest");
    EXPECT_EQ(refusal("https://quay.io/a"),
              "'https://quay.io/a' is not an image reference: it starts with a URL scheme");
    EXPECT_EQ(refusal(std::string(64, 'a')),
              "'" + std::string(64, 'a') +
                  "' is not an image reference: it is an image ID; a name is needed");
    EXPECT_EQ(refusal("-x.com/a"),
              "'-x.com/a' is not an image reference: '-x.com' is not a registry's host name");
    EXPECT_EQ(
        refusal("x.com:port/a"),
        "'x.com:port/a' is not an image reference: 'x.com:port' is not a registry's host name");
    EXPECT_EQ(refusal("x.com/"), "'x.com/' is not an image reference: it has no repository name");
    EXPECT_EQ(refusal("a/" + std::string(254, 'b')),
              "'a/" + std::string(254, 'b') +
                  "' is not an image reference: the repository name is longer than 255 characters");
}

TEST(Reference, RefusesBadTags) {
    EXPECT_EQ(refusal("a:" + std::string(128, 't')).substr(0, 8), "accepted");
    for (const std::string& tag : {std::string(129, 't'), std::string(".a"), std::string("-a"),
                                   std::string("a:b"), std::string("a b"), std::string("ü")})
        EXPECT_NE(refusal("a:" + tag).substr(0, 8), "accepted") << tag;
}

TEST(Reference, RefusesHostsThatAreNone) {
    for (const char* name :
         {"[::1/a", "[xyz]/a", "a.b:99999/c", "a..b/c", "[]/a", "a.b:/c", ":5/c"})
        EXPECT_NE(refusal(name).substr(0, 8), "accepted") << name;
}

TEST(Reference, FamiliarIsTheShortestFormOfTheSame) {
    EXPECT_EQ(Reference::parse("docker.io/library/redis:4").familiar(), "redis:4");
    EXPECT_EQ(Reference::parse("docker.io/linuxkit/init").familiar(), "linuxkit/init");
    EXPECT_EQ(Reference::parse("quay.io/library/a:1").familiar(), "quay.io/library/a:1");
    for (const char* text : {"redis", "a/b:1", "docker.io/library/a/b", "docker.io/x.y/z",
                             "quay.io/a", "docker.io/localhost/z", "docker.io/library/x.y"}) {
        auto reference = Reference::parse(text);
        EXPECT_EQ(Reference::parse(reference.familiar()), reference) << text;
    }
}

TEST(Reference, ChangesTagAndDigest) {
    auto reference = Reference::parse("redis:4@" + digest_text);
    EXPECT_EQ(reference.with_tag("5").full(), "docker.io/library/redis:5");
    EXPECT_EQ(reference.with_digest(Digest::of("y")).full(),
              "docker.io/library/redis@" + Digest::of("y").str());
    EXPECT_THROW(reference.with_tag("a/b"), Error);
    EXPECT_EQ(Reference::parse("redis").tag_or_latest(), "latest");
    EXPECT_EQ(Reference::parse("redis@" + digest_text).tag_or_latest(), std::nullopt);
}

} // namespace
} // namespace coracle
