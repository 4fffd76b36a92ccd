// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/tar_writer.h"
#include "base/error.h"
#include "base/process.h"
#include "io/compress.h"
#include "io/file_io.h"
#include "io/memory.h"
#include "store/export.h"
#include "store/import.h"
#include "store/resolve.h"
#include "store/test_images.h"
#include "store/verify.h"

namespace coracle {
namespace {

using test::put_image;
using test::put_index;
using Format = ExportOptions::Format;

class Transfer : public testing::Test {
protected:
    std::string exported(const ExportOptions& options) {
        StringSink sink;
        export_image(store, redis, options, sink);
        return sink.take();
    }
    std::vector<Imported> import_into_other(const std::string& archive,
                                            ImportOptions options = {}) {
        MemorySource source(archive);
        return import_images(other, source, options);
    }
    template <class Body>
    std::string refusal(Body&& body) {
        try {
            body();
        } catch (const Error& error) {
            return error.message();
        }
        return "accepted";
    }
    /// A tar file of these members.
    static std::string tar_of(const std::vector<std::pair<std::string, std::string>>& members) {
        StringSink sink;
        TarWriter tar(sink);
        for (const auto& [path, content] : members) {
            Entry entry;
            entry.path = TreePath(path);
            entry.size = content.size();
            tar.add(entry, content);
        }
        tar.finish();
        return sink.take();
    }

    TempDir temporary;
    Store store{temporary / "cache"};
    Store other{temporary / "other"};
    Reference redis = Reference::parse("redis:4");
    Platform amd64 = Platform::parse("amd64");
    Platform arm64 = Platform::parse("arm64");
    std::string layer = tar_of({{"etc/motd", "hello\n"}});
    Descriptor one = put_image(store, "linux/amd64", {layer}, {.cmd = {"one"}});
    Descriptor two = put_image(store, "linux/arm64", {layer, tar_of({})}, {.cmd = {"two"}});
};

TEST_F(Transfer, TakesAllPlatformsAlong) {
    Descriptor root = put_index(store, {one, two});
    store.tag(redis, root);
    auto imported = import_into_other(exported({}));
    ASSERT_EQ(imported.size(), 1u);
    EXPECT_EQ(imported[0].name, "docker.io/library/redis:4");
    EXPECT_EQ(other.find(redis)->digest, root.digest);
    EXPECT_EQ(resolve(other, redis, arm64).config.cmd, std::vector<std::string>{"two"});
    EXPECT_TRUE(verify(other, silent_reporter()).sound());
}

TEST_F(Transfer, TakesOnePlatformAlong) {
    store.tag(redis, put_index(store, {one, two}));
    import_into_other(exported({.platform = arm64}));
    EXPECT_EQ(resolve(other, redis, arm64).descriptor.digest, two.digest);
    EXPECT_FALSE(other.has(one));
    EXPECT_EQ(other.find(redis)->media_type, media_type::oci_index);
    import_into_other(exported({.platform = amd64}));
    EXPECT_EQ(resolve(other, redis, amd64).descriptor.digest, one.digest);
    EXPECT_EQ(resolve(other, redis, arm64).descriptor.digest, two.digest) << "the other stays";
}

TEST_F(Transfer, WritesTheSameBytesEachTime) {
    store.tag(redis, put_index(store, {one, two}));
    EXPECT_EQ(exported({}), exported({}));
}

TEST_F(Transfer, GivesAnotherName) {
    store.tag(redis, put_index(store, {one}));
    EXPECT_EQ(import_into_other(exported({.name = "cache:1"}))[0].name,
              "docker.io/library/cache:1");
    EXPECT_EQ(import_into_other(exported({}), {.name = "x.y/z"})[0].name, "x.y/z:latest");
}

TEST_F(Transfer, ReadsPackedArchives) {
    store.tag(redis, put_index(store, {one}));
    for (auto compression : {Compression::gzip, Compression::zstd, Compression::xz}) {
        StringSink packed;
        auto compressor = make_compressor(packed, compression);
        export_image(store, redis, {}, *compressor);
        EXPECT_EQ(import_into_other(packed.str())[0].root.digest, store.find(redis)->digest);
    }
}

TEST_F(Transfer, SkipsPlatformsThatWereNeverPulled) {
    store.tag(redis, put_index(store, {one, two}));
    store.drop(two.digest);
    import_into_other(exported({}));
    EXPECT_TRUE(find_image(other, redis, amd64));
    store.drop(Digest::of(layer));
    EXPECT_EQ(refusal([&] { exported({}); }).substr(0, 50),
              ("image '" + redis.with_digest(store.find(redis)->digest).familiar()).substr(0, 50));
}

TEST_F(Transfer, RefusesADamagedBlobInAnArchive) {
    store.tag(redis, put_index(store, {one}));
    std::string archive = exported({});
    archive[archive.find("hello")] = 'H';
    EXPECT_THAT(refusal([&] { import_into_other(archive); }),
                testing::HasSubstr("is damaged: its content has the hash"));
    EXPECT_TRUE(other.names().empty());
}

TEST_F(Transfer, RefusesAnIncompleteArchive) {
    std::string digest = Digest::of("x").str();
    std::string index = R"({"schemaVersion":2,"manifests":[{"mediaType":")" +
                        std::string(media_type::oci_manifest) + R"(","digest":")" + digest +
                        R"(","size":1,"annotations":{"org.opencontainers.image.ref.name":"a"}}]})";
    EXPECT_EQ(refusal([&] { import_into_other(tar_of({{"index.json", index}})); }),
              "the archive lacks the manifest of 'docker.io/library/a:latest'");
    EXPECT_EQ(refusal([&] { import_into_other(tar_of({{"x", "y"}})); }),
              "the archive has neither 'index.json' nor 'manifest.json', so it holds no images");
    EXPECT_TRUE(other.names().empty());
}

TEST_F(Transfer, DoesNotChangeWhatANameMeansUnlessTold) {
    store.tag(redis, put_index(store, {one}));
    std::string archive = exported({});
    Descriptor mine = put_index(other, {put_image(other, "linux/amd64", {"mine"})});
    other.tag(redis, mine);
    EXPECT_EQ(refusal([&] { import_into_other(archive); }),
              "'docker.io/library/redis:4' is in the cache already and is not the same");
    EXPECT_EQ(refusal([&] { import_into_other(exported({.platform = amd64})); }),
              "'docker.io/library/redis:4' is in the cache already and is not the same");
    EXPECT_EQ(other.find(redis)->digest, mine.digest);
    import_into_other(archive, {.replace = true});
    EXPECT_EQ(other.find(redis)->digest, store.find(redis)->digest);
    EXPECT_NO_THROW(import_into_other(archive)) << "the same again is no conflict";
}

TEST_F(Transfer, ReadsWhatDockerSaveWrote) {
    ImageConfig config{.platform = amd64, .cmd = {"sh"}, .diff_ids = {Digest::of(layer)}};
    std::string archive = tar_of(
        {{"abc/layer.tar", layer},
         {"config.json", config.str()},
         {"manifest.json",
          R"([{"Config":"config.json","RepoTags":["a:1","b:2"],"Layers":["abc/layer.tar"]}])"}});
    EXPECT_EQ(import_into_other(archive).size(), 2u);
    EXPECT_EQ(resolve(other, Reference::parse("b:2"), amd64).config.cmd, config.cmd);
    archive[archive.find("hello")] = 'H';
    EXPECT_EQ(refusal([&] { import_into_other(archive, {.replace = true}); }),
              "layer 0 of the archive is damaged: its configuration speaks of " +
                  Digest::of(layer).str());
    EXPECT_EQ(refusal([&] {
                  import_into_other(
                      tar_of({{"manifest.json", R"([{"Config":"../x","Layers":[]}])"}}));
              }),
              "the archive has no file '../x', which its manifest.json names");
}

class TransferWithSkopeo : public Transfer {
protected:
    void SetUp() override {
        if (!find_program("skopeo"))
            GTEST_SKIP() << "skopeo is not installed";
        store.tag(redis, put_index(store, {one, two}));
    }
    std::string exported_file(const ExportOptions& options) {
        std::string path = temporary / "exported.tar";
        write_file(path, exported(options));
        return path;
    }
    static std::string skopeo(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"skopeo", "--insecure-policy"});
        return run_checked({.argv = arguments});
    }
};

TEST_F(TransferWithSkopeo, ItReadsOurOciArchive) {
    std::string path = exported_file({});
    std::string name = "oci-archive:" + path + ":docker.io/library/redis:4";
    EXPECT_EQ(Digest::of(skopeo({"inspect", "--raw", name})), store.find(redis)->digest);
    skopeo({"copy", "-q", "--all", name, "dir:" + (temporary / "copied")});
}

TEST_F(TransferWithSkopeo, ItReadsOurDockerArchive) {
    std::string path = exported_file({.format = Format::docker, .platform = amd64});
    std::string config = skopeo({"inspect", "--config", "docker-archive:" + path + ":redis:4"});
    EXPECT_THAT(config, testing::HasSubstr("\"one\""));
}

TEST_F(TransferWithSkopeo, WeReadItsArchives) {
    std::string source = "oci:" + store.directory() + ":docker.io/library/redis:4";
    std::string docker = temporary / "docker.tar";
    std::string oci = temporary / "oci.tar";
    skopeo(
        {"copy", "-q", "--override-arch", "amd64", source, "docker-archive:" + docker + ":x/y:1"});
    skopeo({"copy", "-q", "--override-arch", "arm64", source, "oci-archive:" + oci + ":x/z:1"});
    for (const std::string& path : {docker, oci}) {
        FileSource file(path);
        import_images(other, file);
    }
    EXPECT_EQ(resolve(other, Reference::parse("x/y:1"), amd64).config.cmd[0], "one");
    EXPECT_EQ(resolve(other, Reference::parse("x/z:1"), arm64).config.cmd[0], "two");
}

TEST(Verify, TellsWhatIsDamagedAndWhatIsMissing) {
    TempDir temporary;
    Store store(temporary / "cache");
    Descriptor image = put_image(store, "linux/amd64", {"aaa", "bbb"});
    store.tag(Reference::parse("a"), put_index(store, {image}));
    EXPECT_TRUE(verify(store, silent_reporter()).sound());
    EXPECT_EQ(verify(store, silent_reporter()).blobs, 5u);
    {
        std::ofstream(store.path_of(Digest::of("aaa"))) << "aab";
    }
    store.drop(Digest::of("bbb"));
    VerifyReport report = verify(store, silent_reporter());
    EXPECT_EQ(report.damaged, std::vector{Digest::of("aaa")});
    ASSERT_EQ(report.faults.size(), 2u);
    EXPECT_EQ(report.faults[0], "blob " + Digest::of("aaa").str() +
                                    " is damaged: its content has the hash " +
                                    Digest::of("aab").hex());
    EXPECT_THAT(report.faults[1],
                testing::StartsWith("docker.io/library/a:latest: image 'a@sha256:"));
    EXPECT_THAT(report.faults[1],
                testing::EndsWith("its layer " + Digest::of("bbb").str() + " is missing"));
}

} // namespace
} // namespace coracle
