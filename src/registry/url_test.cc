// SPDX-License-Identifier: Apache-2.0
#include "registry/url.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "registry/base64.h"
#include "registry/mirrors.h"

namespace coracle {
namespace {

TEST(Url, KnowsItsParts) {
    Url url = Url::parse("https://[::1]:5000/v2/a?x=y");
    EXPECT_EQ(url.host(), "::1");
    EXPECT_EQ(url.port(), 5000);
    EXPECT_TRUE(url.secure());
    EXPECT_EQ(url.shown(), "https://[::1]:5000/v2/a");
    EXPECT_EQ(Url::parse("http://a").port(), 80);
}

TEST(Url, RefusesOtherSchemesAndPasswords) {
    for (const char* text :
         {"", "a/b", "file:///etc/passwd", "ftp://a/b", "https://u:p@a/b", "https://"})
        EXPECT_THROW(Url::parse(text), Error) << text;
}

TEST(Url, ComparesOrigins) {
    Url url = Url::parse("https://a.b/c");
    EXPECT_TRUE(url.same_origin(Url::parse("https://a.b:443/d")));
    EXPECT_FALSE(url.same_origin(Url::parse("http://a.b/c")));
    EXPECT_FALSE(url.same_origin(Url::parse("https://a.b:444/c")));
    EXPECT_FALSE(url.same_origin(Url::parse("https://x.a.b/c")));
}

TEST(Url, ResolvesLocations) {
    Url url = Url::parse("https://a.b/v2/x?y");
    EXPECT_EQ(url.resolve("/z?q=1").str(), "https://a.b/z?q=1");
    EXPECT_EQ(url.resolve("https://c.d/e").host(), "c.d");
    EXPECT_EQ(url.resolve("//c.d/e").str(), "https://c.d/e");
    EXPECT_THROW(url.resolve("file:///etc/passwd"), Error);
}

TEST(Url, AddsParameters) {
    EXPECT_EQ(Url::parse("https://a/b").with_parameter("digest", "sha256:a").str(),
              "https://a/b?digest=sha256%3Aa");
    EXPECT_EQ(Url::parse("https://a/b?c=d").with_parameter("e", "f&").str(),
              "https://a/b?c=d&e=f%26");
}

TEST(Url, KnowsThisMachine) {
    for (const char* host : {"localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"})
        EXPECT_TRUE(is_loopback(host)) << host;
    for (const char* host :
         {"localhost.evil.com", "128.0.0.1", "::2", "127.0.0.1.nip.io", "1.127.0.0"})
        EXPECT_FALSE(is_loopback(host)) << host;
}

TEST(Base64, EncodesAndDecodes) {
    for (const char* text : {"", "a", "ab", "abc", "user:pässword"})
        EXPECT_EQ(base64_decode(base64_encode(text)), text);
    EXPECT_EQ(base64_encode("user:password"), "dXNlcjpwYXNzd29yZA==");
    EXPECT_EQ(base64_decode("dXNlcjpwYXNzd29yZA"), "user:password");
    EXPECT_EQ(base64_decode("a"), std::nullopt);
    EXPECT_EQ(base64_decode("a!bc"), std::nullopt);
}

TEST(Mirrors, AreForOneRegistryOrForAll) {
    RegistryOptions options{
        .mirrors = {"quay.io=https://q", "https://all/?a=b", "docker.io=http://d:5000"}};
    EXPECT_EQ(mirrors_of("docker.io", options),
              (std::vector<std::string>{"https://all/?a=b", "http://d:5000/"}));
    EXPECT_EQ(mirrors_of("quay.io", options).size(), 2u);
    EXPECT_THROW(mirrors_of("x", {.mirrors = {"nonsense"}}), UsageError);
}

} // namespace
} // namespace coracle
