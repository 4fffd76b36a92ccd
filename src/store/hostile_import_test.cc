// SPDX-License-Identifier: Apache-2.0
// Archives that try to change what names mean in the cache.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/tar_writer.h"
#include "base/error.h"
#include "io/memory.h"
#include "store/attached.h"
#include "store/import.h"
#include "store/resolve.h"
#include "store/test_images.h"

namespace coracle {
namespace {

using test::put_image;
using test::put_index;

class HostileImport : public testing::Test {
protected:
    HostileImport() {
        store.tag(redis, ours);
        store.tag(alpine, ours);
    }

    /// An archive with these names, all of which mean `root`.
    std::string archive(const std::vector<std::string>& names, const Descriptor& root,
                        const Annotations& annotations = {}) {
        Index index{.media_type = std::string(media_type::oci_index)};
        for (const std::string& name : names) {
            index.manifests.push_back(root);
            index.manifests.back().annotations = annotations;
            index.manifests.back().annotations[annotation::ref_name] = name;
        }
        StringSink sink;
        TarWriter tar(sink);
        auto add = [&](const std::string& path, const std::string& content) {
            Entry entry;
            entry.path = TreePath(path);
            entry.size = content.size();
            tar.add(entry, content);
        };
        for (const Digest& digest : elsewhere.blobs())
            add("blobs/sha256/" + digest.hex(), read_file(elsewhere.path_of(digest)));
        add("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
        add("index.json", index.str());
        tar.finish();
        return sink.take();
    }
    std::string refusal(const std::string& archive, const ImportOptions& options = {}) {
        MemorySource source(archive);
        try {
            import_images(store, source, options);
        } catch (const Error& error) {
            return error.message();
        }
        return "accepted";
    }
    void expect_unchanged() {
        ASSERT_EQ(store.names().size(), 2u);
        EXPECT_EQ(store.find(redis)->digest, ours.digest);
        EXPECT_EQ(store.find(alpine)->digest, ours.digest);
    }

    TempDir temporary;
    Store store{temporary / "cache"};
    Store elsewhere{temporary / "elsewhere"};
    Reference redis = Reference::parse("redis:4");
    Reference alpine = Reference::parse("quay.io/a/alpine");
    Descriptor ours = put_index(store, {put_image(store, "linux/amd64", {"ours"})});
    Descriptor image = put_image(elsewhere, "linux/amd64", {"theirs"});
    Descriptor theirs = put_index(elsewhere, {image});
};

TEST_F(HostileImport, ChangesNoNameHoweverItIsSpelt) {
    for (const char* name :
         {"redis:4", "docker.io/redis:4", "docker.io/library/redis:4", "index.docker.io/redis:4"})
        EXPECT_EQ(refusal(archive({name}, theirs)),
                  "'docker.io/library/redis:4' is in the cache already and is not the same")
            << name;
    expect_unchanged();
}

TEST_F(HostileImport, ChangesNoPlatformOfAName) {
    EXPECT_EQ(refusal(archive({"redis:4"}, image)),
              "'docker.io/library/redis:4' is in the cache already and is not the same");
    expect_unchanged();
}

TEST_F(HostileImport, SetsNoNameWhenOneIsRefused) {
    EXPECT_EQ(refusal(archive({"new:1", "quay.io/a/alpine", "new:2"}, theirs)),
              "'quay.io/a/alpine:latest' is in the cache already and is not the same");
    expect_unchanged();
}

TEST_F(HostileImport, SetsOneNameAloneWhenThatIsWanted) {
    EXPECT_EQ(refusal(archive({"redis:4", "quay.io/a/alpine"}, theirs),
                      {.replace = true, .name = "mine:1"}),
              "the archive has 2 images, so that none can be called 'mine:1'");
    EXPECT_EQ(refusal(archive({"redis:4"}, theirs), {.name = "mine:1"}), "accepted");
    EXPECT_EQ(store.find(redis)->digest, ours.digest);
    EXPECT_EQ(store.find(Reference::parse("mine:1"))->digest, theirs.digest);
}

TEST_F(HostileImport, CannotGiveADigestAnotherMeaning) {
    std::string name = "redis@" + ours.digest.str();
    EXPECT_NE(refusal(archive({name}, theirs), {.replace = true}), "accepted");
    EXPECT_EQ(store.find(Reference::parse(name))->digest, ours.digest);
}

TEST_F(HostileImport, CannotPassForSomethingThatIsCollected) {
    EXPECT_EQ(
        refusal(archive({"mine:1"}, theirs, {{"coracle.subject", Digest::of("absent").str()}})),
        "accepted");
    EXPECT_TRUE(attached_to(store, Digest::of("absent")).empty());
    store.collect();
    EXPECT_TRUE(find_image(store, Reference::parse("mine:1"), Platform::parse("amd64")));
}

} // namespace
} // namespace coracle
