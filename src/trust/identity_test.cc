// SPDX-License-Identifier: Apache-2.0
#include "trust/identity.h"

#include <gtest/gtest.h>

#include "trust/selection.h"

namespace coracle {
namespace {

using Kind = IdentityMatch::Kind;

const std::string digest =
    "@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

bool agree(IdentityMatch match, const std::string& signed_name, const std::string& used) {
    return match.disagreement(signed_name, Reference::parse(used)).empty();
}

TEST(Identity, AgreesByRepository) {
    for (Kind kind : {Kind::repository_and_tag, Kind::repository}) {
        EXPECT_TRUE(agree({kind}, "quay.io/a/b", "quay.io/a/b:1"));
        EXPECT_TRUE(agree({kind}, "quay.io/a/b", "quay.io/a/b" + digest));
        EXPECT_FALSE(agree({kind}, "quay.io/a/c", "quay.io/a/b:1"));
        EXPECT_FALSE(agree({kind}, "quay.io/a", "quay.io/a/b:1"));
        EXPECT_FALSE(agree({kind}, "docker.io/a/b", "quay.io/a/b:1"));
    }
}

TEST(Identity, OfDockerHubHasManyNames) {
    for (const char* name : {"index.docker.io/library/redis", "docker.io/library/redis",
                             "registry-1.docker.io/library/redis", "redis"})
        EXPECT_TRUE(agree({}, name, "redis:8")) << name;
}

TEST(Identity, WithATagIsForThatTag) {
    EXPECT_TRUE(agree({}, "quay.io/a/b:1", "quay.io/a/b:1"));
    EXPECT_FALSE(agree({}, "quay.io/a/b:1", "quay.io/a/b:2"));
    EXPECT_TRUE(agree({}, "quay.io/a/b:1", "quay.io/a/b" + digest));
    EXPECT_TRUE(agree({Kind::repository}, "quay.io/a/b:1", "quay.io/a/b:2"));
}

TEST(Identity, MayHaveToAgreeInFull) {
    EXPECT_TRUE(agree({Kind::exact}, "quay.io/a/b:1", "quay.io/a/b:1"));
    EXPECT_FALSE(agree({Kind::exact}, "quay.io/a/b", "quay.io/a/b:1"));
    EXPECT_FALSE(agree({Kind::exact}, "quay.io/a/b:1", "quay.io/a/b" + digest));
    EXPECT_FALSE(agree({Kind::repository_digest_or_exact}, "quay.io/a/b", "quay.io/a/b:1"));
    EXPECT_TRUE(agree({Kind::repository_digest_or_exact}, "quay.io/a/b", "quay.io/a/b" + digest));
}

TEST(Identity, MayBeThatOfAnotherName) {
    EXPECT_TRUE(agree({Kind::exact_reference, "quay.io/a/b:1"}, "quay.io/a/b:1", "mine/c:2"));
    EXPECT_FALSE(agree({Kind::exact_reference, "quay.io/a/b:1"}, "quay.io/a/b:2", "mine/c:2"));
    EXPECT_TRUE(agree({Kind::exact_repository, "quay.io/a/b"}, "quay.io/a/b:7", "mine/c:2"));
    IdentityMatch remap{Kind::remapped, "quay.io/vendor", "mirror.example:5000/vendor"};
    EXPECT_TRUE(agree(remap, "quay.io/vendor/b", "mirror.example:5000/vendor/b:1"));
    EXPECT_FALSE(agree(remap, "mirror.example:5000/vendor/b", "mirror.example:5000/vendor/b:1"));
    EXPECT_FALSE(agree(remap, "quay.io/vendorious/b", "mirror.example:5000/vendorious/b:1"));
    EXPECT_TRUE(agree(remap, "ghcr.io/a/b", "ghcr.io/a/b:1"));
}

TEST(Identity, ThatCannotBeReadAgreesWithNothing) {
    for (const char* name : {"", "..", "UPPER/case", "a b", "quay.io/a/b:"})
        EXPECT_FALSE(agree({Kind::repository}, name, "quay.io/a/b:1")) << name;
    EXPECT_EQ(IdentityMatch{}.disagreement("..", Reference::parse("redis")), "it names no image");
    EXPECT_EQ(IdentityMatch{}.disagreement("quay.io/x", Reference::parse("redis")),
              "it is for 'quay.io/x'");
}

TEST(Selection, IsByImageOrByOrganisation) {
    auto selected = [](const TrustSpec& trust, const std::string& image) {
        return selects(trust, Reference::parse(image));
    };
    TrustSpec org{.org = Strings{"linuxkit", "library"}};
    EXPECT_TRUE(selected(org, "linuxkit/init:v1"));
    EXPECT_TRUE(selected(org, "quay.io/linuxkit/init"));
    EXPECT_TRUE(selected(org, "redis:8"));
    EXPECT_FALSE(selected(org, "linuxkitten/init"));
    EXPECT_FALSE(selected(org, "me/linuxkit/init"));
    EXPECT_FALSE(selected({.org = Strings{"quay.io/linuxkit"}}, "linuxkit/init"));
    TrustSpec image{.image = Strings{"redis", "quay.io/a/b:1"}};
    EXPECT_TRUE(selected(image, "redis:8"));
    EXPECT_TRUE(selected(image, "redis" + digest));
    EXPECT_TRUE(selected(image, "quay.io/a/b:1"));
    EXPECT_FALSE(selected(image, "quay.io/a/b:2"));
    EXPECT_FALSE(selected(image, "a/redis"));
    EXPECT_FALSE(selected({}, "redis"));
}

} // namespace
} // namespace coracle
