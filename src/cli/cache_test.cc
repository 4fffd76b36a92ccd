// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "cli/command.h"
#include "store/test_images.h"

namespace coracle {
namespace {

using test::put_image;
using test::put_index;

class CacheCommand : public testing::Test {
protected:
    CacheCommand() {
        store.tag(Reference::parse("redis:4"),
                  put_index(store, {put_image(store, "linux/amd64", {std::string(2048, 'x')}),
                                    put_image(store, "linux/arm64", {"y"})}));
        store.tag(Reference::parse("quay.io/a/b"),
                  put_index(store, {put_image(store, "linux/amd64", {"z"})}));
    }

    /// Runs `coracle cache WORDS`; returns what it prints.
    std::string cache(std::vector<std::string> words) {
        CLI::App app;
        Globals globals;
        globals.cache = store.directory();
        globals.quiet = true;
        add_cache(app, globals);
        words.insert(words.begin(), "cache");
        std::ranges::reverse(words);
        testing::internal::CaptureStdout();
        try {
            app.parse(std::move(words));
        } catch (...) {
            testing::internal::GetCapturedStdout();
            throw;
        }
        std::fflush(stdout);
        return testing::internal::GetCapturedStdout();
    }
    std::string refusal(std::vector<std::string> words) {
        try {
            cache(std::move(words));
        } catch (const Error& error) {
            return error.message();
        }
        return "accepted";
    }

    TempDir temporary;
    Store store{temporary / "cache"};
};

TEST_F(CacheCommand, ListsNamesDigestsSizesAndPlatforms) {
    std::string text = cache({"ls"});
    EXPECT_THAT(text, testing::StartsWith("IMAGE                      DIGEST  "));
    EXPECT_THAT(text, testing::HasSubstr("docker.io/library/redis:4  " +
                                         store.find(Reference::parse("redis:4"))->digest.str()));
    EXPECT_THAT(text, testing::HasSubstr("linux/amd64,linux/arm64\n"));
    auto document = nlohmann::json::parse(cache({"ls", "--output", "json"}));
    ASSERT_EQ(document.size(), 2u);
    EXPECT_EQ(document[1]["name"], "quay.io/a/b:latest");
    EXPECT_EQ(document[1]["platforms"], nlohmann::json({"linux/amd64"}));
}

TEST_F(CacheCommand, TellsWhatEachImageTakes) {
    store.put("garbage", "x/y");
    auto document = nlohmann::json::parse(cache({"du", "--output", "json"}));
    EXPECT_EQ(document["unused"], 7);
    EXPECT_EQ(document["images"][0]["size"], document["images"][0]["unique"]);
    EXPECT_EQ(document["images"][0]["size"].get<int>() + document["images"][1]["size"].get<int>() +
                  7,
              document["total"]);
    EXPECT_THAT(cache({"du"}), testing::HasSubstr("(no image: clean removes it)      7 B"));
}

TEST_F(CacheCommand, RemovesByShortName) {
    cache({"rm", "redis:4"});
    EXPECT_EQ(store.names().size(), 1u);
    EXPECT_FALSE(store.has(Digest::of("y")));
    EXPECT_TRUE(store.has(Digest::of("z")));
    EXPECT_EQ(refusal({"rm", "redis:4", "quay.io/a/b"}),
              "not in the cache '" + store.directory() + "': 'redis:4'");
    EXPECT_TRUE(store.names().empty()) << "what is there is removed all the same";
}

TEST_F(CacheCommand, CleansAllOrOnlyWhatIsUnused) {
    store.put("garbage", "x/y");
    cache({"clean", "--unused"});
    EXPECT_EQ(store.names().size(), 2u);
    EXPECT_FALSE(store.has(Digest::of("garbage")));
    cache({"clean"});
    EXPECT_TRUE(store.names().empty());
    EXPECT_TRUE(store.blobs().empty());
}

TEST_F(CacheCommand, VerifiesAndRemovesWhatIsDamaged) {
    cache({"verify"});
    {
        std::ofstream(store.path_of(Digest::of("z"))) << "!";
    }
    EXPECT_EQ(refusal({"verify"}), "the cache '" + store.directory() + "' is not sound: 1 fault");
    EXPECT_TRUE(store.has(Digest::of("z")));
    refusal({"verify", "--remove-damaged"});
    EXPECT_FALSE(store.has(Digest::of("z")));
}

TEST_F(CacheCommand, ExportsAndImports) {
    std::string path = temporary / "redis.tar";
    cache({"export", "--platform", "linux/arm64", "--outfile", path, "redis:4"});
    cache({"clean"});
    cache({"import", path});
    EXPECT_THAT(cache({"ls"}), testing::HasSubstr("linux/arm64"));
    EXPECT_EQ(refusal({"export", "--outfile", path, "absent"}),
              "image 'absent' is not in the cache '" + store.directory() + "'");
    EXPECT_EQ(refusal({"import", temporary / "absent.tar"}).substr(0, 13), "cannot open '");
}

TEST_F(CacheCommand, ImportsALayoutInADirectory) {
    Store other(temporary / "other");
    std::string text = [&] {
        CLI::App app;
        Globals globals;
        globals.cache = other.directory();
        globals.quiet = true;
        add_cache(app, globals);
        testing::internal::CaptureStdout();
        app.parse(
            std::vector<std::string>{"json", "--output", store.directory(), "import", "cache"});
        std::fflush(stdout);
        return testing::internal::GetCapturedStdout();
    }();
    EXPECT_EQ(nlohmann::json::parse(text)[1]["name"], "quay.io/a/b:latest");
    EXPECT_EQ(other.names(), store.names());
    EXPECT_EQ(other.blobs(), store.blobs());
    EXPECT_EQ(refusal({"import", temporary.path()}),
              "directory '" + temporary.path() +
                  "' is not an OCI image layout: it has no 'index.json'");
}

TEST_F(CacheCommand, ImportsNoDamagedLayout) {
    Store other(temporary / "other");
    std::ofstream(store.path_of(Digest::of("z"))) << "!";
    std::string source = store.directory();
    store = Store(other.directory());
    EXPECT_THAT(refusal({"import", source}), testing::HasSubstr("is damaged"));
    EXPECT_TRUE(other.names().empty());
}

TEST_F(CacheCommand, VerifiesForPrograms) {
    EXPECT_EQ(nlohmann::json::parse(cache({"verify", "--output", "json"}))["sound"], true);
}

TEST_F(CacheCommand, ForgetsNothingWhileTheCacheIsInUse) {
    auto session = std::optional(store.session());
    auto cleaning = std::async([&] { Store(store).collect(true, [](auto&) { return true; }); });
    EXPECT_FALSE(store.collect(false, [](const std::string&) { return true; }));
    EXPECT_EQ(store.names().size(), 2u);
    session.reset();
    cleaning.get();
    EXPECT_TRUE(store.names().empty());
    EXPECT_TRUE(store.blobs().empty());
}

TEST_F(CacheCommand, ExportsNothingWhenItFails) {
    {
        std::ofstream(store.path_of(Digest::of("z"))) << "?";
    }
    EXPECT_NE(refusal({"export", "--outfile", temporary / "out.tar", "quay.io/a/b"}), "accepted");
    EXPECT_FALSE(exists(temporary / "out.tar"));
}

} // namespace
} // namespace coracle
