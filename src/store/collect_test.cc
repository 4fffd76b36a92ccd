// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/error.h"
#include "store/resolve.h"
#include "store/test_images.h"

namespace coracle {
namespace {

namespace fs = std::filesystem;
using test::put_image;
using test::put_index;

class Collect : public testing::Test {
protected:
    TempDir temporary;
    Store store{temporary / "cache"};
    Reference redis = Reference::parse("redis:4");
};

TEST_F(Collect, RemovesWhatNoNameReaches) {
    Descriptor kept = put_image(store, "linux/amd64", {"a", "shared"});
    Descriptor lost = put_image(store, "linux/amd64", {"bb", "shared"});
    store.tag(redis, put_index(store, {kept}));
    auto swept = store.collect();
    ASSERT_TRUE(swept);
    EXPECT_EQ(swept->blobs, 3u) << "manifest, configuration and one layer";
    EXPECT_FALSE(store.has(lost));
    EXPECT_FALSE(store.has(Digest::of("bb")));
    EXPECT_TRUE(store.has(Digest::of("shared")));
    EXPECT_TRUE(find_image(store, redis, Platform::parse("amd64")));
    EXPECT_EQ(store.collect()->blobs, 0u);
}

TEST_F(Collect, KeepsWhatASessionHasNotNamedYet) {
    auto session = std::make_optional(store.session());
    Descriptor blob = store.put("fresh", "x/y");
    EXPECT_EQ(store.collect(false), std::nullopt);
    EXPECT_TRUE(store.has(blob));
    session.reset();
    EXPECT_EQ(store.collect(false)->blobs, 1u);
}

TEST_F(Collect, SweepsTheTemporaryFilesOfTheDead) {
    store.put("x", "x/y");
    std::string orphan = store.directory() + "/.coracle/.coracle-999999-0.tmp";
    std::ofstream(orphan) << "half";
    store.collect();
    EXPECT_FALSE(fs::exists(orphan));
}

TEST_F(Collect, LeavesForeignFilesAlone) {
    std::string foreign = store.directory() + "/blobs/sha256/notes.txt";
    std::ofstream(foreign) << "x";
    EXPECT_EQ(store.collect()->blobs, 0u);
    EXPECT_TRUE(fs::exists(foreign));
}

TEST_F(Collect, SurvivesADamagedIndexOfAnImage) {
    Descriptor index = put_index(store, {put_image(store, "linux/amd64", {"a"})});
    store.tag(redis, index);
    {
        std::fstream(store.path_of(index.digest)) << "@";
    }
    EXPECT_EQ(store.collect()->blobs, 3u);
    EXPECT_TRUE(store.has(index.digest)) << "the name still points to it";
}

void write_images(const std::string& directory, int writer, int count) {
    Store store(directory);
    for (int i = 0; i < count; ++i) {
        auto session = store.session();
        std::string content = fmt::format("layer {} of {}", i, writer);
        Descriptor image = put_image(store, "linux/amd64", {content});
        store.tag_platform(Reference::parse("shared"),
                           Platform::of("linux", fmt::format("a{}", writer)), image);
        store.tag(Reference::parse(fmt::format("image:{}-{}", writer, i)), image);
    }
}

TEST_F(Collect, AndWritersOfManyProcessesLoseNothing) {
    constexpr int writers = 6;
    constexpr int images = 8;
    std::vector<pid_t> children;
    for (int writer = 0; writer < writers; ++writer) {
        pid_t child = ::fork();
        if (child == 0) {
            try {
                write_images(store.directory(), writer, images);
                ::_exit(0);
            } catch (const Error& error) {
                fmt::print(stderr, "{}\n", error.what());
                ::_exit(1);
            }
        }
        children.push_back(child);
    }
    for (int i = 0; i < 20; ++i)
        store.collect();
    for (pid_t child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
    }
    store.collect();
    EXPECT_EQ(store.names().size(), writers * images + 1u);
    for (const auto& [name, root] : store.names())
        if (name != "docker.io/library/shared:latest") {
            EXPECT_TRUE(find_image(store, Reference::parse(name), Platform::parse("amd64")))
                << name;
        }
    EXPECT_EQ(platforms_of(store, *store.find(Reference::parse("shared")), true).size(),
              size_t{writers});
}

TEST_F(Collect, FindsTheStoreWholeAfterKilledWriters) {
    for (int round = 0; round < 10; ++round) {
        pid_t child = ::fork();
        if (child == 0) {
            write_images(store.directory(), round, 1'000'000);
            ::_exit(0);
        }
        ::usleep(static_cast<useconds_t>(5000 + round * 3000));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
    }
    for (const auto& [name, root] : store.names())
        if (name != "docker.io/library/shared:latest") {
            EXPECT_TRUE(find_image(store, Reference::parse(name), Platform::parse("amd64")))
                << name;
        }
    store.collect();
    EXPECT_TRUE(fs::exists(store.directory() + "/.coracle"));
    for (const auto& entry : fs::directory_iterator(store.directory() + "/.coracle"))
        EXPECT_EQ(entry.path().filename(), "in-use");
}

} // namespace
} // namespace coracle
