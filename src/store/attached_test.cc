// SPDX-License-Identifier: Apache-2.0
#include "store/attached.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/test_images.h"
#include "store/verify.h"

namespace coracle {
namespace {

using test::put_image;
using test::put_index;
using testing::ElementsAre;

class Attached : public testing::Test {
protected:
    Attached() { store.tag(redis, index); }

    Descriptor signature(const std::string& content) {
        return put_image(store, "linux/amd64", {content});
    }
    std::vector<Digest> digests(const Digest& subject) const {
        std::vector<Digest> result;
        for (const Descriptor& manifest : attached_to(store, subject))
            result.push_back(manifest.digest);
        return result;
    }

    TempDir temporary;
    Store store{temporary / "cache"};
    Reference redis = Reference::parse("redis:4");
    Descriptor image = put_image(store, "linux/amd64", {"layer"});
    Descriptor index = put_index(store, {image});
};

TEST_F(Attached, AreFoundByWhatTheyBelongTo) {
    Descriptor first = signature("1");
    Descriptor second = signature("2");
    attach(store, image.digest, {first});
    attach(store, index.digest, {second});
    EXPECT_THAT(digests(image.digest), ElementsAre(first.digest));
    EXPECT_THAT(digests(index.digest), ElementsAre(second.digest));
    EXPECT_TRUE(digests(first.digest).empty());
}

TEST_F(Attached, AreNoNames) {
    attach(store, image.digest, {signature("1")});
    ASSERT_EQ(store.names().size(), 1u);
    EXPECT_EQ(store.find(redis)->digest, index.digest);
    EXPECT_TRUE(verify(store, silent_reporter()).sound());
}

TEST_F(Attached, StayAsLongAsWhatTheyBelongToHasAName) {
    attach(store, image.digest, {signature("1")});
    store.collect();
    EXPECT_TRUE(store.has(Digest::of("1")));
    store.untag(redis.full());
    store.collect();
    EXPECT_FALSE(store.has(Digest::of("1")));
    EXPECT_TRUE(attached_to(store, image.digest).empty());
    EXPECT_TRUE(store.blobs().empty());
}

TEST_F(Attached, DoNotKeepEachOtherAlive) {
    Descriptor first = signature("1");
    Descriptor second = signature("2");
    attach(store, first.digest, {second});
    attach(store, second.digest, {first});
    store.collect();
    EXPECT_FALSE(store.has(Digest::of("1")));
    EXPECT_FALSE(store.has(Digest::of("2")));
}

TEST_F(Attached, AreTheLatestFirstAndEachOnce) {
    Descriptor first = signature("1");
    Descriptor second = signature("2");
    attach(store, image.digest, {first});
    attach(store, image.digest, {second});
    EXPECT_THAT(digests(image.digest), ElementsAre(second.digest, first.digest));
    attach(store, image.digest, {first});
    EXPECT_THAT(digests(image.digest), ElementsAre(first.digest, second.digest));
}

TEST_F(Attached, AreNotMoreThanSoMany) {
    for (int i = 0; i < 40; ++i)
        attach(store, image.digest, {signature(std::to_string(i))});
    EXPECT_EQ(attached_to(store, image.digest).size(), 32u);
    EXPECT_EQ(attached_to(store, image.digest)[0].digest, signature("39").digest);
}

} // namespace
} // namespace coracle
