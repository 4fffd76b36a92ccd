// SPDX-License-Identifier: Apache-2.0
#include "oci/digest.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace coracle {
namespace {

const std::string empty_hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string refusal(const std::string& text) {
    EXPECT_FALSE(Digest::try_parse(text)) << text;
    try {
        Digest::parse(text);
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

TEST(Digest, OfAContentIsItsHash) {
    EXPECT_EQ(Digest::of("").str(), "sha256:" + empty_hex);
    EXPECT_EQ(Digest::of("", HashAlgorithm::sha512).str().substr(0, 23), "sha512:cf83e1357eefb8bd");
    EXPECT_EQ(Digest::of("", HashAlgorithm::sha512).hex().size(), 128u);
}

TEST(Digest, ParsesWhatItWrites) {
    for (auto algorithm : {HashAlgorithm::sha256, HashAlgorithm::sha512}) {
        Digest digest = Digest::of("content", algorithm);
        EXPECT_EQ(Digest::parse(digest.str()), digest);
    }
}

TEST(Digest, RefusesUpperCaseHex) {
    std::string upper = "sha256:E" + empty_hex.substr(1);
    EXPECT_EQ(refusal(upper),
              "'" + upper + "' is not a digest: its hash is not lower-case hexadecimal");
}

TEST(Digest, RefusesPaths) {
    EXPECT_EQ(refusal("sha256:../../../../etc/passwd"),
              "'sha256:../../../../etc/passwd' is not a digest: its hash is not lower-case "
              "hexadecimal");
    EXPECT_EQ(refusal("../sha256:" + empty_hex).substr(0, 12), "'../sha256:e");
    EXPECT_NE(refusal("sha256:" + empty_hex.substr(1) + "/"), "accepted");
    EXPECT_NE(refusal(std::string("sha256:") + empty_hex.substr(1) + '\0'), "accepted");
}

TEST(Digest, RefusesOtherAlgorithms) {
    EXPECT_EQ(refusal("md5:d41d8cd98f00b204e9800998ecf8427e"),
              "'md5:d41d8cd98f00b204e9800998ecf8427e' is not a digest: it starts with neither "
              "'sha256:' nor 'sha512:'");
    EXPECT_NE(refusal("SHA256:" + empty_hex), "accepted");
    EXPECT_NE(refusal(""), "accepted");
}

TEST(Digest, RefusesAWrongLength) {
    EXPECT_EQ(refusal("sha256:abc"),
              "'sha256:abc' is not a digest: its hash is not 64 digits long");
    EXPECT_EQ(refusal("sha512:" + empty_hex),
              "'sha512:" + empty_hex + "' is not a digest: its hash is not 128 digits long");
}

} // namespace
} // namespace coracle
