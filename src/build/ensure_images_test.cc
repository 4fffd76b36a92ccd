// SPDX-License-Identifier: Apache-2.0
#include "build/ensure_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/read.h"
#include "store/test_images.h"

namespace coracle {
namespace {

using test::put_image;
using test::put_index;
using testing::ElementsAre;

class EnsureImages : public testing::Test {
protected:
    EnsureImages() {
        store.tag(redis, put_index(store, {one, put_image(store, "linux/arm64", {"arm"})}));
    }
    ImageTable ensure(const std::string& yaml) {
        Spec spec = parse_spec(yaml, "os.yml");
        BuildLock lock(lock_path);
        ImageTable table = ensure_images(spec, store, amd64, access, lock, silent_reporter());
        lock.save();
        return table;
    }
    std::string refusal(const std::string& yaml) {
        try {
            ensure(yaml);
        } catch (const Error& error) {
            return error.what();
        }
        return "accepted";
    }

    TempDir temporary;
    Store store{temporary / "cache"};
    Reference redis = Reference::parse("redis:4");
    Platform amd64 = Platform::parse("linux/amd64");
    Platform arm64 = Platform::parse("linux/arm64");
    Descriptor one = put_image(store, "linux/amd64", {"one"});
    Descriptor two = put_image(store, "linux/amd64", {"two"});
    ImageAccess access;
    std::string lock_path;
};

TEST_F(EnsureImages, GivesWhatWasCheckedThoughTheNameMovesMeanwhile) {
    access.check = [&](const ResolvedImage&) { store.tag(redis, put_index(store, {two})); };
    ImageTable table = ensure("init: [redis:4]");
    EXPECT_EQ(table.at(redis, amd64).descriptor.digest, one.digest);
    EXPECT_EQ(resolve(store, redis, amd64).descriptor.digest, two.digest);
}

TEST_F(EnsureImages, KnowsNoImageThatItWasNotAskedFor) {
    ImageTable table = ensure("init: [redis:4]");
    EXPECT_THROW(table.at(redis, arm64), Error);
    EXPECT_THROW(table.at(Reference::parse("redis:5"), amd64), Error);
}

TEST_F(EnsureImages, ChecksEachImageForEachPlatformThatIsUsed) {
    std::vector<std::string> checked;
    access.check = [&](const ResolvedImage& image) { checked.push_back(image.platform.str()); };
    ensure("init: [redis:4]\n"
           "onboot: [{name: a, image: redis:4}]\n"
           "volumes: [{name: v, image: redis:4, format: oci, platforms: [linux/arm64]}]");
    EXPECT_THAT(checked, ElementsAre("linux/arm64", "linux/amd64"));
}

TEST_F(EnsureImages, PointsAtWhatIsRefused) {
    access.check = [](const ResolvedImage&) { throw Error("no").hint("ask"); };
    EXPECT_EQ(refusal("init: [redis:4]"), "os.yml:1:8: error: no (try: ask)\n"
                                          "    1 | init: [redis:4]\n"
                                          "      |        ^~~~~~~");
    EXPECT_EQ(store.find(redis)->digest, store.names()[0].second.digest);
}

TEST_F(EnsureImages, HoldsThemAgainstTheLockFile) {
    lock_path = temporary / "os.lock";
    ensure("init: [redis:4]");
    EXPECT_EQ(refusal("init: [redis:4]"), "accepted");
    store.tag(redis, put_index(store, {two}));
    EXPECT_THAT(refusal("init: [redis:4]"),
                testing::StartsWith("os.yml:1:8: error: image 'redis:4' is " + two.digest.str() +
                                    ", but lock file '" + lock_path + "' has " + one.digest.str() +
                                    " (try: coracle lock update " + lock_path +
                                    ", or --pull to have what is locked)"));
}

TEST_F(EnsureImages, FindsWhatIsLockedUnderItsDigest) {
    lock_path = temporary / "os.lock";
    ensure("init: [redis:4]");
    Descriptor former = *store.find(redis);
    store.tag(redis, put_index(store, {two}));
    access.always_pull = true; // no registry is asked, since the locked image is here
    ensure("init: [redis:4]");
    EXPECT_EQ(store.find(redis)->digest, former.digest);
    store.untag(redis.full());
    access.always_pull = false;
    ensure("init: [redis:4]");
    EXPECT_EQ(store.find(redis)->digest, former.digest);
    EXPECT_EQ(store.names().size(), 1u);
}

TEST_F(EnsureImages, WantsEachInTheLockFile) {
    lock_path = temporary / "os.lock";
    ensure("init: [redis:4]");
    store.tag(Reference::parse("alpine"), put_index(store, {two}));
    EXPECT_THAT(refusal("init: [redis:4, alpine]"),
                testing::StartsWith("os.yml:1:17: error: image 'alpine' for linux/amd64 is not in "
                                    "lock file '" +
                                    lock_path + "' (try: coracle lock update "));
}

} // namespace
} // namespace coracle
