// SPDX-License-Identifier: Apache-2.0
#include "filesystem/squashfs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "filesystem/test_tree.h"

namespace coracle {
namespace {

using namespace test;
using testing::HasSubstr;

ImageFile image_of(const Tree& tree, const SquashfsOptions& options = {}) {
    return ImageFile([&](int fd) { return write_squashfs(tree, fd, options); });
}

TEST(Squashfs, HasTheWholeTree) {
    std::string tar = everything();
    ImageFile image = image_of(tree_of(tar));
    EXPECT_EQ(image.size() % 4096, 0u);
    EXPECT_EQ(listing_of(run_checked({{"sqfs2tar", image.path()}})), listing_of(tar));
    EXPECT_THAT(run_checked({{"rdsquashfs", "--stat", "/", image.path()}}),
                HasSubstr("Access: 0755"));
}

TEST(Squashfs, IsTheSameOnAnyNumberOfThreads) {
    Tree tree = tree_of(everything());
    std::string one = image_of(tree).bytes();
    for (unsigned threads : {2, 3, 7}) {
        SquashfsOptions options;
        options.threads = threads;
        EXPECT_TRUE(image_of(tree, options).bytes() == one) << threads;
    }
}

TEST(Squashfs, IsReadWithEachCompression) {
    std::string tar = everything();
    Tree tree = tree_of(tar);
    for (auto compression : {Compression::gzip, Compression::xz, Compression::zstd}) {
        SquashfsOptions options;
        options.compression = compression;
        ImageFile image = image_of(tree, options);
        EXPECT_THAT(run_checked({{"unsquashfs", "-s", image.path()}}),
                    HasSubstr(fmt::format("Compression {}\n", name_of(compression))));
        EXPECT_EQ(run_checked({{"unsquashfs", "-cat", image.path(), "noise"}}), noise(3'000'001));
    }
}

TEST(Squashfs, HoldsAnEmptyTree) {
    ImageFile image = image_of(tree_of(TarText().str()));
    EXPECT_EQ(run_checked({{"unsquashfs", "-l", "-d", "", image.path()}}), "\n");
}

TEST(Squashfs, StoresEqualFilesOnce) {
    std::string content = noise(1'000'000);
    ImageFile image =
        image_of(tree_of(TarText().file("a", content).file("b", content).file("c", content).str()));
    EXPECT_LT(image.size(), 1'100'000u);
}

TEST(Squashfs, TellsWhatItCannotHold) {
    struct Warnings : Reporter {
        void info(std::string_view) override {}
        void verbose(std::string_view) override {}
        void warning(std::string_view text) override { all += std::string(text) + "\n"; }
        uint64_t begin(std::string_view, uint64_t) override { return 0; }
        void advance(uint64_t, uint64_t) override {}
        void end(uint64_t, std::string_view) override {}
        void end_listed(uint64_t, std::string_view, bool) override {}
        std::string all;
    } warnings;
    SquashfsOptions options;
    options.reporter = &warnings;
    image_of(
        tree_of(
            TarText().pax({{"SCHILY.xattr.system.posix_acl_access", "x"}}).file("a", "b").str()),
        options);
    EXPECT_EQ(warnings.all,
              "a squashfs cannot hold attributes like 'system.posix_acl_access': left out\n");
}

} // namespace
} // namespace coracle
