// SPDX-License-Identifier: Apache-2.0
#include "archive/tar_reader.h"

#include <filesystem>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "archive/test_tar.h"
#include "base/file.h"
#include "base/process.h"

namespace coracle {
namespace {

using test::read_tar;
using test::TarText;
using testing::ElementsAre;

const Entry* entry_at(const std::vector<test::Read>& all, std::string_view path) {
    for (const auto& read : all)
        if (read.entry.path.str() == path)
            return &read.entry;
    return nullptr;
}

/// A tree on disk, packed by real programs.
class PackedTree : public testing::Test {
protected:
    PackedTree() {
        make_directories(dir_ / long_directory_);
        write_file(dir_ / (long_directory_ + "/file"), "deep", 0640);
        write_file(dir_ / "caf\xc3\xa9", "coffee");
        write_file(dir_ / "raw\xff", "not UTF-8");
        std::filesystem::create_hard_link(dir_ / "caf\xc3\xa9", dir_ / "second");
        std::filesystem::create_symlink(long_target_, dir_ / "link");
        ::mkfifo((dir_ / "fifo").c_str(), 0600);
        write_file(dir_ / "old", "x");
        timespec times[2] = {{-100, 0}, {-100, 0}};
        ::utimensat(AT_FDCWD, (dir_ / "old").c_str(), times, 0);
        ::chmod((dir_ / "old").c_str(), 04755);
        has_xattr_ = ::setxattr((dir_ / "old").c_str(), "user.test", "a\0b", 3, 0) == 0;
    }

    std::vector<test::Read> packed_by(std::vector<std::string> command) {
        command.insert(command.end(), {"-C", dir_.path(), "."});
        return read_tar(run_checked({std::move(command)}));
    }

    void expect_tree(const std::vector<test::Read>& all, int64_t mtime = -100) {
        const Entry* deep = entry_at(all, long_directory_ + "/file");
        ASSERT_NE(deep, nullptr);
        EXPECT_EQ(deep->size, 4u);
        EXPECT_NE(entry_at(all, "caf\xc3\xa9"), nullptr);
        EXPECT_NE(entry_at(all, "raw\xff"), nullptr);
        const Entry* link = entry_at(all, "link");
        ASSERT_NE(link, nullptr);
        EXPECT_EQ(link->type, EntryType::symlink);
        EXPECT_EQ(link->link_target, long_target_);
        EXPECT_EQ(entry_at(all, "fifo")->type, EntryType::fifo);
        auto links = std::ranges::count(all, EntryType::hard_link,
                                        [](const test::Read& read) { return read.entry.type; });
        EXPECT_EQ(links, 1);
        const Entry* old = entry_at(all, "old");
        EXPECT_EQ(old->mode, 04755u);
        EXPECT_EQ(old->mtime, mtime);
        if (has_xattr_ && !old->xattrs.empty()) {
            EXPECT_EQ(old->xattrs.at("user.test"), std::string("a\0b", 3));
        }
    }

    TempDir dir_;
    std::string long_directory_ = std::string(120, 'd') + "/" + std::string(200, 'e');
    std::string long_target_ = "/" + std::string(150, 't');
    bool has_xattr_ = false;
};

TEST_F(PackedTree, IsReadFromGnuTar) {
    expect_tree(packed_by({"tar", "--format=gnu", "-cf", "-"}));
}
TEST_F(PackedTree, IsReadFromGnuTarsPax) {
    expect_tree(packed_by({"tar", "--format=posix", "--xattrs", "-cf", "-"}));
}
TEST_F(PackedTree, IsReadFromBsdtarsPax) {
    expect_tree(packed_by({"bsdtar", "--format=pax", "-cf", "-"}));
}
TEST_F(PackedTree, IsReadFromBsdtarsGnuTar) {
    expect_tree(packed_by({"bsdtar", "--format=gnutar", "-cf", "-"}),
                0); // it knows none before 1970
}

TEST(TarReader, ReadsOwnersBeyondOctal) {
    // Both ways to write large numbers, by GNU tar: base-256 and PAX.
    TempDir dir;
    write_file(dir / "f", "x");
    for (const char* format : {"--format=gnu", "--format=posix"}) {
        auto all =
            read_tar(run_checked({{"tar", format, "--owner=:4000000000", "--group=:3000000000",
                                   "-cf", "-", "-C", dir.path(), "f"}}));
        ASSERT_EQ(all.size(), 1u);
        EXPECT_EQ(all[0].entry.uid, 4000000000);
        EXPECT_EQ(all[0].entry.gid, 3000000000);
    }
}

TEST(TarReader, SkipsWhatIsNotRead) {
    std::string text =
        TarText().file("a", std::string(2000, 'a')).file("b", "bb").directory("c/").str();
    MemorySource source(text);
    TarReader tar(source);
    EXPECT_EQ(tar.next()->path.str(), "a");
    char some[10];
    EXPECT_EQ(tar.content().read(some), 10u);
    EXPECT_EQ(tar.next()->path.str(), "b");
    EXPECT_EQ(read_all(tar.content()), "bb");
    EXPECT_EQ(read_all(tar.content()), "");
    EXPECT_TRUE(tar.next()->is_directory());
    EXPECT_EQ(tar.next(), std::nullopt);
    EXPECT_EQ(tar.next(), std::nullopt);
}

TEST(TarReader, JoinsTheUstarPrefix) {
    auto all =
        read_tar(TarText()
                     .add("name", '0', {}, [](UstarHeader& h) { TarText::put(h.prefix, "a/b"); })
                     .str());
    EXPECT_EQ(all[0].entry.path.str(), "a/b/name");
}

TEST(TarReader, PrefersPaxOverGnuOverUstarNames) {
    auto all = read_tar(TarText()
                            .add("././@LongLink", 'L', std::string("gnu\0", 4))
                            .file("ustar")
                            .add("././@LongLink", 'L', std::string("gnu\0", 4))
                            .pax({{"path", "pax"}})
                            .file("ustar")
                            .file("ustar")
                            .str());
    EXPECT_EQ(all[0].entry.path.str(), "gnu");
    EXPECT_EQ(all[1].entry.path.str(), "pax");
    EXPECT_EQ(all[2].entry.path.str(), "ustar"); // nothing is left of the header before
}

TEST(TarReader, TakesTheSizeFromPax) {
    std::string content(600, 'x');
    auto all = read_tar(
        TarText()
            .pax({{"size", "600"}})
            .add("big", '0', content, [](UstarHeader& h) { TarText::put(h.size, "00000000000"); })
            .file("next")
            .str());
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].content, content);
}

TEST(TarReader, ReadsSizesBeyondEightGigabytes) {
    std::string header =
        TarText()
            .add("huge", '0', {},
                 [](UstarHeader& h) {
                     std::memcpy(h.size, "\x80\0\0\0\0\0\0\x02\x80\0\0\0", sizeof h.size);
                 })
            .open();
    MemorySource source(header);
    TarReader tar(source);
    EXPECT_EQ(tar.next()->size, uint64_t{10} << 30);
}

TEST(TarReader, ReadsTimesWithFractionsAndBefore1970) {
    auto all = read_tar(TarText()
                            .pax({{"mtime", "1700000000.75"}})
                            .file("a")
                            .pax({{"mtime", "-1.5"}})
                            .file("b")
                            .pax({{"mtime", "-1.0"}})
                            .file("c")
                            .str());
    EXPECT_EQ(all[0].entry.mtime, 1700000000);
    EXPECT_EQ(all[1].entry.mtime, -2);
    EXPECT_EQ(all[2].entry.mtime, -1);
}

TEST(TarReader, KeepsFileCapabilitiesAndDevices) {
    std::string capability("\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    auto all = read_tar(TarText()
                            .pax({{"SCHILY.xattr.security.capability", capability}})
                            .file("ping")
                            .device("null", 1, 3)
                            .str());
    EXPECT_EQ(all[0].entry.xattrs.at("security.capability"), capability);
    EXPECT_EQ(all[1].entry.type, EntryType::character);
    EXPECT_EQ(all[1].entry.device_major, 1u);
    EXPECT_EQ(all[1].entry.device_minor, 3u);
}

TEST(TarReader, TakesADirectoryByItsSlash) {
    EXPECT_TRUE(read_tar(TarText().file("old/").str())[0].entry.is_directory());
}

TEST(TarReader, IgnoresGlobalComments) {
    auto all = read_tar(
        TarText().add("pax_global_header", 'g', pax_record("comment", "x")).file("a").str());
    EXPECT_EQ(all.size(), 1u);
}

TEST(TarReader, ReadsTheSourceToItsEnd) {
    // Record padding of 10 KiB, as GNU tar writes.
    std::string text = TarText().file("a").str() + std::string(8192, '\0');
    MemorySource source(text);
    TarReader tar(source);
    while (tar.next()) {
    }
    EXPECT_EQ(skip(source), 0u);
}

TEST(TarReader, GivesTheVendorRecordsOfTheLastEntry) {
    std::string text = TarText()
                           .pax({{"LINUXKIT.source", "redis:8"},
                                 {"SCHILY.xattr.user.a", "b"},
                                 {"mtime", "5"},
                                 {"LINUXKIT.location", "init[0]"}})
                           .file("a")
                           .file("b")
                           .str();
    MemorySource source(text);
    TarReader tar(source);
    ASSERT_TRUE(tar.next());
    EXPECT_EQ(tar.records(),
              (PaxList{{"LINUXKIT.location", "init[0]"}, {"LINUXKIT.source", "redis:8"}}));
    ASSERT_TRUE(tar.next());
    EXPECT_TRUE(tar.records().empty());
}

} // namespace
} // namespace coracle
