// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/process.h"
#include "oci/media_types.h"
#include "store/test_images.h"

namespace coracle {
namespace {

namespace fs = std::filesystem;
using test::put_image;
using test::put_index;

class StoreTest : public testing::Test {
protected:
    template <class Body>
    std::string refusal(Body&& body) {
        try {
            body();
        } catch (const Error& error) {
            return error.message();
        }
        return "accepted";
    }

    TempDir temporary;
    std::string directory = temporary / "cache";
    Store store{directory};
    Reference redis = Reference::parse("redis:4");
};

using testing::ElementsAre;

TEST_F(StoreTest, IsAnOciLayout) {
    EXPECT_EQ(read_file(directory + "/oci-layout"), "{\"imageLayoutVersion\": \"1.0.0\"}\n");
    EXPECT_TRUE(fs::is_directory(directory + "/blobs/sha256"));
    EXPECT_NE(read_file(directory + "/index.json").find("\"manifests\": []"), std::string::npos);
}

TEST_F(StoreTest, KeepsWhatIsPut) {
    Descriptor blob = store.put("content", "text/plain");
    EXPECT_EQ(blob.digest, Digest::of("content"));
    EXPECT_EQ(blob.size, 7u);
    EXPECT_TRUE(store.has(blob));
    EXPECT_EQ(store.read_document(blob), "content");
    EXPECT_EQ(read_file(directory + "/blobs/sha256/" + blob.digest.hex()), "content");
    EXPECT_THAT(store.blobs(), ElementsAre(blob.digest));
}

TEST_F(StoreTest, WritesStreams) {
    BlobWriter writer = store.write(HashAlgorithm::sha512);
    writer.write("con");
    writer.write("tent");
    Descriptor blob = writer.commit("text/plain");
    EXPECT_EQ(blob.digest, Digest::of("content", HashAlgorithm::sha512));
    EXPECT_EQ(store.read_document(blob), "content");
}

TEST_F(StoreTest, RefusesABlobThatIsNotAsExpected) {
    Descriptor expected{"text/plain", Digest::of("content"), 7};
    for (const char* content : {"contend", "content!", "conten"}) {
        BlobWriter writer = store.write();
        writer.write(content);
        EXPECT_THROW(writer.commit_expecting(expected), Error);
    }
    BlobWriter writer = store.write();
    writer.write("contend");
    EXPECT_EQ(refusal([&] { writer.commit_expecting(expected); }),
              "blob " + expected.digest.str() + " is damaged: its content has the hash " +
                  Digest::of("contend").hex());
    EXPECT_FALSE(store.has(expected.digest));
    EXPECT_THAT(store.blobs(), testing::IsEmpty());
}

TEST_F(StoreTest, LeavesNothingOfAnAbandonedBlob) {
    {
        store.write().write("content");
    }
    EXPECT_TRUE(fs::is_empty(directory + "/blobs/sha256"));
    EXPECT_TRUE(fs::is_empty(directory + "/.coracle"));
}

TEST_F(StoreTest, NoticesADamagedBlob) {
    Descriptor blob = store.put("content", "text/plain");
    std::ofstream(store.path_of(blob.digest)) << "contend";
    EXPECT_EQ(refusal([&] { store.read_document(blob); }),
              "blob " + blob.digest.str() + " is damaged: its content has the hash " +
                  Digest::of("contend").hex());
    std::ofstream(store.path_of(blob.digest)) << "";
    EXPECT_FALSE(store.has(blob))
        << "a blob cut short counts as absent, so that it is fetched again";
}

TEST_F(StoreTest, SaysThatABlobIsAbsent) {
    Descriptor blob{"text/plain", Digest::of("content"), 7};
    EXPECT_FALSE(store.has(blob));
    EXPECT_EQ(refusal([&] { store.read(blob); }),
              "blob " + blob.digest.str() + " is not in the cache '" + directory + "'");
}

TEST_F(StoreTest, FindsWhatIsTagged) {
    EXPECT_EQ(store.find(redis), std::nullopt);
    Descriptor image = put_image(store, "linux/amd64", {"a"});
    store.tag(redis, image);
    EXPECT_EQ(store.find(redis)->digest, image.digest);
    EXPECT_EQ(store.find(Reference::parse("docker.io/library/redis:4"))->digest, image.digest);
    EXPECT_EQ(store.find(Reference::parse("redis:5")), std::nullopt);
    ASSERT_EQ(store.names().size(), 1u);
    EXPECT_EQ(store.names()[0].first, "docker.io/library/redis:4");
}

TEST_F(StoreTest, FindsByDigestWhateverTheName) {
    Descriptor amd64 = put_image(store, "linux/amd64", {"a"});
    Descriptor index = put_index(store, {amd64});
    store.tag(redis, index);
    EXPECT_EQ(store.find(redis.with_digest(index.digest))->media_type, media_type::oci_index);
    EXPECT_EQ(store.find(redis.with_digest(amd64.digest))->media_type, media_type::oci_manifest);
    EXPECT_EQ(store.find(redis.with_digest(Digest::of("?"))), std::nullopt);
    Reference both = Reference::parse("redis:4@" + Digest::of("?").str());
    EXPECT_EQ(store.find(both), std::nullopt) << "the digest decides, not the tag";
    EXPECT_THROW(store.tag(both, index), Error);
}

TEST_F(StoreTest, ReplacesTheMeaningOfAName) {
    Descriptor first = put_image(store, "linux/amd64", {"a"});
    Descriptor second = put_image(store, "linux/amd64", {"b"});
    store.tag(redis, first);
    store.tag(Reference::parse("other"), first);
    store.tag(redis, second);
    ASSERT_EQ(store.names().size(), 2u);
    EXPECT_EQ(store.names()[0].second.digest, second.digest);
}

TEST_F(StoreTest, KeepsOfIndexJsonWhatItDoesNotKnow) {
    write_file(directory + "/index.json",
               R"({"schemaVersion":2,"manifests":[{"mediaType":"x/y","digest":"sha256:)" +
                   std::string(64, 'a') + R"(","size":1,"urls":["u"]}],"annotations":{"a":"b"}})");
    store.tag(redis, store.put("{}", "x/z"));
    std::string text = read_file(directory + "/index.json");
    EXPECT_NE(text.find("\"urls\""), std::string::npos);
    EXPECT_NE(text.find("\"a\": \"b\""), std::string::npos);
    EXPECT_EQ(store.names().size(), 1u);
}

TEST_F(StoreTest, GathersPlatformsUnderOneName) {
    Descriptor amd64 = put_image(store, "linux/amd64", {"a"});
    Descriptor arm64 = put_image(store, "linux/arm64", {"b"});
    store.tag_platform(redis, *arm64.platform, arm64);
    store.tag_platform(redis, *amd64.platform, amd64);
    Digest first = store.find(redis)->digest;
    Index index = Index::parse(store.read_document(*store.find(redis)), "index");
    ASSERT_EQ(index.manifests.size(), 2u);
    EXPECT_EQ(index.manifests[0].digest, amd64.digest);
    EXPECT_EQ(index.manifests[1].digest, arm64.digest);

    store.untag("docker.io/library/redis:4");
    store.tag_platform(redis, *amd64.platform, amd64);
    store.tag_platform(redis, *arm64.platform, arm64);
    EXPECT_EQ(store.find(redis)->digest, first) << "the order of events must not show";
}

TEST_F(StoreTest, ReplacesAPlatformWithItsAttestations) {
    Descriptor old = put_image(store, "linux/amd64", {"a"});
    Descriptor arm64 = put_image(store, "linux/arm64", {"b"});
    auto attestation_of = [&](const Descriptor& image) {
        Descriptor result = store.put("attestation of " + image.digest.str(), "x/y");
        result.platform = Platform::of("unknown", "unknown");
        result.annotations = {{annotation::reference_type, "attestation-manifest"},
                              {annotation::reference_digest, image.digest.str()}};
        return result;
    };
    store.tag(redis, put_index(store, {old, arm64, attestation_of(old), attestation_of(arm64)}));
    Descriptor replacement = put_image(store, "linux/amd64", {"c"});
    store.tag_platform(redis, *old.platform, replacement);
    Index index = Index::parse(store.read_document(*store.find(redis)), "index");
    ASSERT_EQ(index.manifests.size(), 3u);
    EXPECT_EQ(index.manifests[0].digest, replacement.digest);
    EXPECT_EQ(index.manifests[1].digest, arm64.digest);
    EXPECT_EQ(index.manifests[2].annotation(annotation::reference_digest), arm64.digest.str());
}

TEST_F(StoreTest, AddsAPlatformToAManifestThatStoodAlone) {
    Descriptor amd64 = put_image(store, "linux/amd64", {"a"});
    Descriptor arm64 = put_image(store, "linux/arm64", {"b"});
    store.tag(redis, amd64);
    store.tag_platform(redis, *arm64.platform, arm64);
    Index index = Index::parse(store.read_document(*store.find(redis)), "index");
    ASSERT_EQ(index.manifests.size(), 2u);
    EXPECT_EQ(index.manifests[0].platform->str(), "linux/amd64");
}

TEST_F(StoreTest, ForgetsNames) {
    store.tag(redis, put_image(store, "linux/amd64", {"a"}));
    EXPECT_FALSE(store.untag("redis:4"));
    EXPECT_TRUE(store.untag("docker.io/library/redis:4"));
    EXPECT_EQ(store.find(redis), std::nullopt);
}

TEST_F(StoreTest, RefusesADirectoryOfSomethingElse) {
    std::string other = temporary / "other";
    make_directories(other);
    write_file(other + "/precious", "");
    EXPECT_EQ(refusal([&] { Store{other}; }),
              "'" + other + "' is not an image cache: it has no file 'oci-layout'");
    EXPECT_EQ(refusal([&] { Store(temporary / "absent", false); }),
              "there is no image cache in '" + (temporary / "absent") + "'");
    write_file(other + "/oci-layout", "{\"imageLayoutVersion\":\"2.0.0\"}");
    EXPECT_EQ(refusal([&] { Store{other}; }),
              "'" + other + "' is an OCI layout of version 2.0.0; only version 1 is known");
}

TEST_F(StoreTest, SaysWhenIndexJsonIsDamaged) {
    write_file(directory + "/index.json", "{\"manifests\":[{}]}");
    EXPECT_EQ(refusal([&] { store.names(); }),
              "manifests[0] in '" + directory + "/index.json': 'size' is missing");
    write_file(directory + "/index.json", "{");
    EXPECT_EQ(refusal([&] { store.tag(redis, {"x", Digest::of("x"), 1}); }).substr(0, 10),
              "'" + directory.substr(0, 9));
    EXPECT_EQ(read_file(directory + "/index.json"), "{") << "a damaged index is not overwritten";
}

TEST_F(StoreTest, IsUnderstoodBySkopeo) {
    if (!find_program("skopeo"))
        GTEST_SKIP() << "skopeo is not installed";
    store.tag(redis,
              put_index(store, {put_image(store, "linux/amd64", {std::string(1024, '\0')})}));
    std::string raw = run_checked({.argv = {"skopeo", "inspect", "--raw",
                                            "oci:" + directory + ":docker.io/library/redis:4"}});
    EXPECT_EQ(Digest::of(raw), store.find(redis)->digest);
}

TEST(StoreDirectory, ComesFromTheEnvironment) {
    ::setenv("LINUXKIT_CACHE", "/x/y", 1);
    EXPECT_EQ(default_store_directory(), "/x/y");
    ::unsetenv("LINUXKIT_CACHE");
    ::setenv("HOME", "/home/someone", 1);
    EXPECT_EQ(default_store_directory(), "/home/someone/.linuxkit/cache");
}

} // namespace
} // namespace coracle
