// SPDX-License-Identifier: Apache-2.0
#include "filesystem/ext4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "filesystem/test_tree.h"

namespace coracle {
namespace {

using namespace test;
using testing::AllOf;
using testing::HasSubstr;

ImageFile image_of(const Tree& tree, const Ext4Options& options = {}) {
    return ImageFile([&](int fd) { return write_ext4(tree, fd, options); });
}

std::string ask(const ImageFile& image, const std::string& request) {
    return run_checked({{"debugfs", "-R", request, image.path()}});
}

class Ext4 : public testing::Test {
protected:
    std::string tar_ = everything();
    ImageFile image_ = image_of(tree_of(tar_));
};

TEST_F(Ext4, IsFoundSound) { run_checked({{"e2fsck", "-fn", image_.path()}}); }

TEST_F(Ext4, HasAllFiles) {
    MemorySource source(tar_);
    TarReader tar(source);
    std::string requests;
    std::string wanted;
    while (auto entry = tar.next()) {
        if (entry->type != EntryType::regular || entry->size == 0)
            continue;
        requests += fmt::format("cat \"/{}\"\n", entry->path.str());
        wanted += read_all(tar.content());
    }
    write_file(image_ / "requests", requests);
    std::string got = run_checked({{"debugfs", "-f", image_ / "requests", image_.path()}});
    for (size_t at; (at = got.find("debugfs: cat ")) != got.npos;)
        got.erase(at, got.find('\n', at) + 1 - at);
    EXPECT_TRUE(got == wanted);
}

TEST_F(Ext4, KeepsOwnersModesLinksAndTimes) {
    EXPECT_THAT(ask(image_, "stat /bin/ping"),
                AllOf(HasSubstr("Mode:  04755"), HasSubstr("Group:     5"), HasSubstr("Links: 2"),
                      HasSubstr("mtime: 0x59682f00:00000000")));
    EXPECT_THAT(ask(image_, "stat /closed"),
                AllOf(HasSubstr("Mode:  0700"), HasSubstr("User: 123456   Group: 654781")));
    EXPECT_THAT(ask(image_, "stat /sticky"), HasSubstr("Mode:  01777"));
    EXPECT_THAT(ask(image_, "stat /dev/null"),
                AllOf(HasSubstr("Type: character special"), HasSubstr("01:03")));
    EXPECT_THAT(ask(image_, "stat /dev/pipe"), HasSubstr("Type: FIFO"));
    EXPECT_THAT(ask(image_, "stat /short"), HasSubstr("Fast link dest: \"bin/ping\""));
    EXPECT_THAT(ask(image_, "ea_list /bin/ping"),
                AllOf(HasSubstr("security.capability (20) = 01 00 00 02 00 04"),
                      HasSubstr("user.note (4) = \"kept\"")));
}

TEST_F(Ext4, IsTheSameEachTime) { EXPECT_TRUE(image_of(tree_of(tar_)).bytes() == image_.bytes()); }

TEST(Ext4Image, HasTheSizeAskedFor) {
    Ext4Options options;
    options.size = 200 << 20;
    ImageFile image = image_of(tree_of(everything()), options);
    EXPECT_EQ(image.size(), options.size);
    run_checked({{"e2fsck", "-fn", image.path()}});
}

TEST(Ext4Image, GrowsWhereItsContentNeedsMore) {
    Ext4Options options;
    options.size = 1 << 20;
    ImageFile image = image_of(tree_of(everything()), options);
    EXPECT_GT(image.size(), 10'000'000u);
    run_checked({{"e2fsck", "-fn", image.path()}});
}

TEST(Ext4Image, HoldsAnEmptyTreeAndALostFoundOfItsOwn) {
    for (const std::string& tar :
         {TarText().str(), TarText().directory("lost+found").file("lost+found/x", "y").str()})
        run_checked({{"e2fsck", "-fn", image_of(tree_of(tar)).path()}});
}

TEST(Ext4Image, RefusesALinkThatIsTooLong) {
    Entry entry;
    entry.path = TreePath("a");
    entry.type = EntryType::symlink;
    entry.link_target = std::string(4096, 'x');
    EntrySpool spool(unnamed_file());
    spool.add(entry);
    spool.finish();
    Tree tree;
    tree.take(std::move(spool));
    try {
        image_of(tree);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message(),
                  "the symlink to '" + std::string(40, 'x') + "...' is too long for an ext4");
    }
}

} // namespace
} // namespace coracle
