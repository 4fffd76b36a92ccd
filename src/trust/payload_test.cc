// SPDX-License-Identifier: Apache-2.0
#include "trust/payload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace coracle {
namespace {

const std::string digest = Digest::of("x").str();

std::string text(const std::string& critical, const std::string& rest = R"("optional":null)") {
    return fmt::format(R"({{"critical":{{{}}},{}}})", critical, rest);
}
const std::string identity = R"("identity":{"docker-reference":"quay.io/a/b"})";
const std::string image = R"("image":{"docker-manifest-digest":")" + digest + R"("})";
const std::string type = R"("type":"cosign container image signature")";

std::string refusal(const std::string& document) {
    try {
        Payload::parse(document);
    } catch (const Error& error) {
        return error.message();
    }
    return "accepted";
}

TEST(Payload, IsWhatCosignWrites) {
    Payload payload{.identity = "quay.io/a/b", .digest = Digest::of("x")};
    EXPECT_EQ(payload.str(), text(identity + "," + image + "," + type));
    EXPECT_EQ(Payload::parse(payload.str()).identity, "quay.io/a/b");
    EXPECT_EQ(Payload::parse(payload.str()).digest, Digest::of("x"));
}

TEST(Payload, MayHaveAnnotations) {
    EXPECT_EQ(refusal(text(identity + "," + image + "," + type,
                           R"("optional":{"creator":"me","timestamp":1})")),
              "accepted");
}

TEST(Payload, IsRefusedWhenItIsNotComplete) {
    EXPECT_EQ(refusal("{}"), "the signed text: 'critical' is missing");
    EXPECT_EQ(refusal(text(image + "," + type)), "the signed text: 'identity' is missing");
    EXPECT_EQ(refusal(text(identity + "," + type)), "the signed text: 'image' is missing");
    EXPECT_EQ(refusal(text(identity + "," + image)), "the signed text: 'type' is missing");
    EXPECT_EQ(refusal(text(identity + R"(,"image":{},)" + type)),
              "the signed text: 'docker-manifest-digest' is missing");
}

TEST(Payload, IsRefusedWhenItMeansSomethingElse) {
    EXPECT_EQ(refusal(text(identity + "," + image + R"(,"type":"atomic container signature")")),
              "the signed text is of type 'atomic container signature'");
    EXPECT_EQ(refusal(text(identity + "," + image + "," + type + R"(,"until":"monday")")),
              "'critical' of the signed text: 'until' is not known");
    EXPECT_EQ(refusal(text(identity + "," + image + "," + type, R"("more":1)")),
              "the signed text: 'more' is not known");
    EXPECT_EQ(
        refusal(text(R"("identity":{"docker-reference":"a","tag":"b"},)" + image + "," + type)),
        "'identity' of the signed text: 'tag' is not known");
}

TEST(Payload, IsRefusedWhenItIsMalformed) {
    EXPECT_THAT(refusal("x"), testing::StartsWith("the signed text is not valid JSON"));
    EXPECT_EQ(refusal("[]"), "the signed text is not a JSON object");
    EXPECT_EQ(refusal(R"({"critical":1})"), "'critical' of the signed text is not a JSON object");
    EXPECT_EQ(refusal(text(identity + "," + identity + "," + image + "," + type)),
              "the signed text has the key 'identity' twice in one object");
    EXPECT_EQ(
        refusal(text(identity + R"(,"image":{"docker-manifest-digest":"sha256:../../x"},)" + type))
            .substr(0, 36),
        "'sha256:../../x' is not a digest: it");
    EXPECT_EQ(refusal(std::string(Payload::max_size + 1, ' ')),
              "the signed text is larger than 64.0 KiB");
    EXPECT_EQ(refusal(std::string(100, '[') + std::string(100, ']')),
              "the signed text is nested more than 16 levels deep");
}

} // namespace
} // namespace coracle
