// SPDX-License-Identifier: Apache-2.0
#include "store/resolve.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "store/test_images.h"

namespace coracle {
namespace {

using test::put_image;
using test::put_index;

class Resolve : public testing::Test {
protected:
    std::string refusal(const std::string& platform = "linux/amd64") {
        try {
            resolve(store, redis, Platform::parse(platform));
        } catch (const Error& error) {
            return error.what();
        }
        return "accepted";
    }

    Descriptor attestation_of(const Descriptor& image, const std::string& statement) {
        Manifest manifest{.media_type = std::string(media_type::oci_manifest),
                          .config = store.put("{}", std::string(media_type::oci_config)),
                          .layers = {store.put(statement, std::string(media_type::in_toto))}};
        manifest.layers[0].annotations["in-toto.io/predicate-type"] = "https://spdx.dev/Document";
        Descriptor result = store.put(manifest.str(), manifest.media_type);
        result.platform = Platform::of("unknown", "unknown");
        result.annotations = {{annotation::reference_type, "attestation-manifest"},
                              {annotation::reference_digest, image.digest.str()}};
        return result;
    }

    TempDir temporary;
    Store store{temporary / "cache"};
    Reference redis = Reference::parse("redis:4");
    Platform amd64 = Platform::parse("amd64");
    Platform arm64 = Platform::parse("arm64");
};

TEST_F(Resolve, PicksThePlatform) {
    Descriptor one = put_image(store, "linux/amd64", {"a"}, {.cmd = {"one"}});
    Descriptor two = put_image(store, "linux/arm64", {"b"}, {.cmd = {"two"}});
    Descriptor root = put_index(store, {one, two});
    store.tag(redis, root);
    ResolvedImage image = resolve(store, redis, arm64);
    EXPECT_EQ(image.descriptor.digest, two.digest);
    EXPECT_EQ(image.root.digest, root.digest);
    EXPECT_EQ(image.config.cmd, std::vector<std::string>{"two"});
    EXPECT_EQ(image.platform, arm64);
    EXPECT_EQ(image.manifest.layers.size(), 1u);
}

TEST_F(Resolve, PicksTheNearestVariant) {
    Descriptor v5 = put_image(store, "linux/arm/v5", {"5"});
    Descriptor v6 = put_image(store, "linux/arm/v6", {"6"});
    store.tag(redis, put_index(store, {v5, v6}));
    EXPECT_EQ(resolve(store, redis, Platform::parse("linux/arm/v7")).descriptor.digest, v6.digest);
    EXPECT_EQ(resolve(store, redis, Platform::parse("linux/arm/v5")).descriptor.digest, v5.digest);
}

TEST_F(Resolve, WalksNestedIndexes) {
    Descriptor image = put_image(store, "linux/amd64", {"a"});
    store.tag(redis, put_index(store, {put_index(store, {image})}));
    EXPECT_EQ(resolve(store, redis, amd64).descriptor.digest, image.digest);
}

TEST_F(Resolve, RefusesIndexesNestedWithoutEnd) {
    Descriptor index = put_index(store, {put_image(store, "linux/amd64", {"a"})});
    for (int i = 0; i < 4; ++i)
        index = put_index(store, {index});
    store.tag(redis, index);
    EXPECT_EQ(refusal(), "redis:4 has indexes nested more than 4 deep");
}

TEST_F(Resolve, TakesAManifestWithoutAnIndex) {
    Descriptor image = put_image(store, "linux/amd64", {"a"});
    image.platform.reset();
    store.tag(redis, image);
    EXPECT_EQ(resolve(store, redis, amd64).platform, amd64);
    EXPECT_EQ(refusal("linux/arm64"), "image 'redis:4' has no linux/arm64; it has linux/amd64");
}

TEST_F(Resolve, SaysThatAnImageIsAbsent) {
    EXPECT_EQ(refusal(), "image 'redis:4' is not in the cache '" + store.directory() +
                             "'\ntry: coracle cache pull --platform linux/amd64 redis:4");
    EXPECT_FALSE(find_image(store, redis, amd64));
}

TEST_F(Resolve, SaysWhichPlatformsThereAre) {
    store.tag(redis, put_index(store, {put_image(store, "linux/arm64", {"a"}),
                                       put_image(store, "linux/arm/v7", {"b"})}));
    EXPECT_EQ(refusal(), "image 'redis:4' has no linux/amd64; it has linux/arm/v7, linux/arm64");
    EXPECT_THROW(find_image(store, redis, amd64), Error);
}

TEST_F(Resolve, SaysWhatIsMissing) {
    Descriptor one = put_image(store, "linux/amd64", {"a"});
    Descriptor two = put_image(store, "linux/arm64", {"b"});
    store.tag(redis, put_index(store, {one, two}));
    store.drop(two.digest);
    EXPECT_EQ(refusal("linux/arm64"),
              "image 'redis:4' is not complete in the cache '" + store.directory() +
                  "': its manifest for linux/arm64 is missing\ntry: coracle cache pull --platform "
                  "linux/arm64 redis:4");
    EXPECT_FALSE(find_image(store, redis, arm64));
    store.drop(Digest::of("a"));
    EXPECT_EQ(refusal().substr(0, refusal().find('\n')),
              "image 'redis:4' is not complete in the cache '" + store.directory() +
                  "': its layer " + Digest::of("a").str() + " is missing");
    EXPECT_FALSE(find_image(store, redis, amd64));
    EXPECT_THAT(platforms_of(store, *store.find(redis), false), testing::ElementsAre(amd64, arm64));
    EXPECT_THAT(platforms_of(store, *store.find(redis), true), testing::ElementsAre(amd64));
}

TEST_F(Resolve, NoticesADamagedManifest) {
    Descriptor image = put_image(store, "linux/amd64", {"a"});
    store.tag(redis, put_index(store, {image}));
    {
        std::fstream(store.path_of(image.digest)) << "[";
    }
    EXPECT_EQ(refusal().substr(0, 90), "blob " + image.digest.str() + " is damaged: i");
    EXPECT_THROW(find_image(store, redis, amd64), Error);
}

TEST_F(Resolve, RefusesAConfigurationThatDoesNotFit) {
    ImageConfig config{.diff_ids = {Digest::of("another")}};
    store.tag(redis, put_image(store, "linux/amd64", {"a"}, config));
    EXPECT_EQ(refusal(), "image 'redis:4' has 1 layers, but its configuration speaks of 2");
}

TEST_F(Resolve, RefusesAnArtifact) {
    Manifest manifest{.media_type = std::string(media_type::oci_manifest),
                      .config = store.put("{}", "application/x-thing")};
    store.tag(redis, store.put(manifest.str(), manifest.media_type));
    EXPECT_EQ(refusal(),
              "'redis:4' is an artifact of type 'application/x-thing', not a container image");
}

TEST_F(Resolve, FindsAttestationsBesideTheImage) {
    Descriptor one = put_image(store, "linux/amd64", {"a"});
    Descriptor two = put_image(store, "linux/arm64", {"b"});
    store.tag(redis, put_index(store, {one, two, attestation_of(one, "of one"),
                                       attestation_of(two, "of two")}));
    auto attestations = attestations_of(store, resolve(store, redis, arm64));
    ASSERT_EQ(attestations.size(), 1u);
    EXPECT_EQ(attestations[0].predicate_type, "https://spdx.dev/Document");
    EXPECT_EQ(store.read_document(attestations[0].statement), "of two");
    EXPECT_THAT(platforms_of(store, *store.find(redis), true), testing::ElementsAre(amd64, arm64));
}

} // namespace
} // namespace coracle
