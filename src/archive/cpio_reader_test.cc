// SPDX-License-Identifier: Apache-2.0
#include "archive/cpio_reader.h"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/cpio_writer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "io/compress.h"
#include "io/memory.h"

namespace coracle {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// "path", "path=content", "path -> target" or "path == hard link's target".
std::vector<std::string> members(std::string_view text, CpioLimits limits = {}) {
    MemorySource source(text);
    CpioReader cpio(source, limits);
    std::vector<std::string> all;
    while (auto entry = cpio.next()) {
        std::string line = entry->path.str();
        if (entry->type == EntryType::symlink)
            line += " -> " + entry->link_target;
        else if (entry->type == EntryType::hard_link)
            line += " == " + entry->link_target;
        else if (entry->type == EntryType::regular)
            line += "=" + read_all(cpio.content());
        all.push_back(line);
    }
    return all;
}

std::string error_of(std::string_view text, CpioLimits limits = {}) {
    try {
        members(text, limits);
    } catch (const Error& error) {
        return error.message();
    }
    return "";
}

Entry file(std::string_view path, uint64_t size, uint32_t names = 1) {
    Entry entry;
    entry.path = TreePath(path);
    entry.size = size;
    entry.link_count = names;
    return entry;
}

Entry link(std::string_view path, std::string_view target, EntryType type) {
    Entry entry = file(path, 0, type == EntryType::hard_link ? 2 : 1);
    entry.type = type;
    entry.link_target = target;
    return entry;
}

/// One archive with a file and its hard link.
std::string archive(std::string_view name, uint64_t device = 0, bool end = true) {
    StringSink text;
    CpioWriter cpio(text, device);
    std::string second = fmt::format("{}2", name);
    cpio.add(file(name, 3, 2), "abc");
    cpio.add(link(second, name, EntryType::hard_link));
    if (end)
        cpio.finish();
    return text.take();
}

std::string packed(std::string_view text, Compression compression) {
    StringSink bytes;
    auto sink = make_compressor(bytes, compression);
    sink->write(text);
    sink->finish();
    return bytes.take();
}

/// A header with its name; fields that matter here.
std::string header(std::string_view name, uint32_t mode, uint32_t size, uint32_t links = 1,
                   std::string_view magic = "070701", uint32_t checksum = 0) {
    std::string text = fmt::format(
        "{}00000007{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}0000000300000001{:08X}{:08X}{:08X}{:08X}",
        magic, mode, 0, 0, links, 0, size, 0, 0, name.size() + 1, checksum);
    text += name;
    text += '\0';
    text.resize((text.size() + 3) / 4 * 4);
    return text;
}
const std::string end_mark = header("TRAILER!!!", 0, 0);

TEST(CpioReader, ReadsWhatTheWriterWrote) {
    StringSink text;
    CpioWriter cpio(text, 5);
    Entry owned = file("dir/owned", 5);
    owned.uid = 1000;
    owned.gid = 4000000000;
    owned.mode = 04755;
    owned.mtime = 1000000000;
    cpio.add(owned, "12345");
    Entry null = link("null", "", EntryType::character);
    null.device_major = 1;
    null.device_minor = 3;
    cpio.add(null);
    cpio.finish();
    MemorySource source(text.str());
    CpioReader reader(source);
    auto first = reader.next();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->path.str(), "dir/owned");
    EXPECT_EQ(first->uid, 1000u);
    EXPECT_EQ(first->gid, 4000000000u);
    EXPECT_EQ(first->mode, 04755u);
    EXPECT_EQ(first->mtime, 1000000000);
    EXPECT_EQ(first->size, 5u);
    auto second = reader.next(); // the content of the first is skipped
    ASSERT_TRUE(second);
    EXPECT_EQ(second->type, EntryType::character);
    EXPECT_EQ(second->device_major, 1u);
    EXPECT_EQ(second->device_minor, 3u);
    EXPECT_FALSE(reader.next());
    EXPECT_FALSE(reader.next());
}

/// A tree on disk, packed by real programs: they write the content with the last name.
class PackedCpio : public testing::Test {
protected:
    PackedCpio() {
        make_directories(dir_ / "d");
        write_file(dir_ / "d/one", "shared");
        std::filesystem::create_hard_link(dir_ / "d/one", dir_ / "d/two");
        write_file(dir_ / "empty", "");
        std::filesystem::create_hard_link(dir_ / "empty", dir_ / "void");
        std::filesystem::create_symlink("d/one", dir_ / "link");
    }
    std::vector<std::string> sorted(std::vector<std::string> argv) {
        Command command{std::move(argv)};
        command.directory = dir_.path();
        command.input = "d\nd/one\nd/two\nempty\nvoid\nlink\n";
        auto all = members(run_checked(command));
        std::ranges::sort(all);
        return all;
    }
    TempDir dir_;
};

TEST_F(PackedCpio, ByCpioKeepsHardLinks) {
    EXPECT_THAT(sorted({"cpio", "-o", "--quiet", "-H", "newc"}),
                ElementsAre("d", "d/one == d/two", "d/two=shared", "empty=", "link -> d/one",
                            "void == empty"));
}

TEST_F(PackedCpio, ByCpioWithChecksums) {
    EXPECT_THAT(sorted({"cpio", "-o", "--quiet", "-H", "crc"}),
                ElementsAre("d", "d/one == d/two", "d/two=shared", "empty=", "link -> d/one",
                            "void == empty"));
}

TEST_F(PackedCpio, ByBsdtarKeepsHardLinks) {
    EXPECT_THAT(sorted({"bsdtar", "--format=newc", "-n", "-cf", "-", "-T", "-"}),
                ElementsAre("d", "d/one == d/two", "d/two=shared", "empty=", "link -> d/one",
                            "void == empty"));
}

TEST(CpioReader, ReadsMicrocodeThenCompressedMembers) {
    for (auto compression : {Compression::gzip, Compression::zstd, Compression::xz}) {
        std::string initrd = archive("ucode");
        initrd.resize((initrd.size() + 511) / 512 * 512); // as cpio(1) pads
        initrd += packed(archive("a", 1, false), compression);
        initrd += packed(archive("b", 2), compression);
        EXPECT_THAT(members(initrd), ElementsAre("ucode=abc", "ucode2 == ucode", "a=abc", "a2 == a",
                                                 "b=abc", "b2 == b"))
            << name_of(compression);
    }
}

TEST(CpioReader, ReadsTheLegacyFrameOfLz4) {
    Command command{{"lz4", "-l", "-c", "-"}};
    command.input = archive("a");
    if (!find_program("lz4"))
        GTEST_SKIP() << "no lz4";
    EXPECT_THAT(members(run_checked(command)), ElementsAre("a=abc", "a2 == a"));
}

TEST(CpioReader, KeepsHardLinksOfArchivesApart) {
    EXPECT_THAT(members(archive("a") + archive("b")),
                ElementsAre("a=abc", "a2 == a", "b=abc", "b2 == b"));
}

TEST(CpioReader, RefusesTruncationEverywhere) {
    std::string whole = archive("a");
    for (size_t length = 0; length + 4 < whole.size(); ++length)
        EXPECT_NE(error_of(whole.substr(0, length)), "") << length;
    EXPECT_EQ(error_of(whole.substr(0, 200)), "the cpio archive is truncated");
    EXPECT_EQ(error_of(archive("a", 0, false)),
              "the cpio archive is truncated: its end mark is missing");
    EXPECT_EQ(error_of(""), "the cpio archive is truncated: its end mark is missing");
}

TEST(CpioReader, RefusesWhatIsNoCpio) {
    EXPECT_EQ(error_of("#!/bin/sh\n"), "this is no cpio archive");
    EXPECT_EQ(error_of("070707" + std::string(200, '0')), "this is no cpio archive");
    EXPECT_EQ(error_of(archive("a") + "more"),
              "the cpio archive goes on after its end mark with bytes that are no cpio");
    EXPECT_EQ(error_of(header("a", 0100644, 0) + std::string(200, 'x')),
              "a cpio header has a wrong magic number");
    EXPECT_EQ(error_of(packed(packed(archive("a"), Compression::gzip), Compression::gzip)),
              "this is no cpio archive");
    std::string bad = archive("a");
    bad[20] = 'g';
    EXPECT_EQ(error_of(bad), "a number in a cpio header is not hexadecimal");
}

TEST(CpioReader, BoundsNamesAndSizes) {
    EXPECT_EQ(error_of(header(std::string(4096, 'x'), 0100644, 0)),
              "a name in the cpio archive has 4097 bytes, which is not from 1 to 4096");
    std::string huge = header("x", 0100644, 0);
    huge.replace(94, 8, "FFFFFFFF");
    EXPECT_EQ(error_of(huge),
              "a name in the cpio archive has 4294967295 bytes, which is not from 1 to 4096");
    huge.replace(94, 8, "00000000");
    EXPECT_EQ(error_of(huge),
              "a name in the cpio archive has 0 bytes, which is not from 1 to 4096");
    EXPECT_EQ(error_of(header("l", 0120777, 0xffffffff)),
              "the link 'l' has no target that a file system could hold");
    EXPECT_EQ(error_of(header("f", 0100644, 0xffffffff)), "the cpio archive is truncated");
    EXPECT_EQ(error_of(archive("a"), {.bytes = 2}),
              "the cpio archive holds more than the allowed 2 bytes");
    EXPECT_EQ(error_of(archive("a"), {.entries = 1}),
              "the cpio archive has more than the allowed 1 entries");
    EXPECT_EQ(error_of(archive("aaaaaaaaaa"), {.name_bytes = 20}),
              "the cpio archive's names have more than the allowed 20 bytes");
    EXPECT_THAT(error_of(packed(std::string(100000, '\0'), Compression::gzip), {.unpacked = 5000}),
                HasSubstr("the initrd unpacks to more than 5000 bytes"));
}

TEST(CpioReader, RefusesWhatCouldBeReadInTwoWays) {
    EXPECT_THAT(error_of(header("../x", 0100644, 0)), HasSubstr("'../x'"));
    EXPECT_EQ(error_of(header("d", 040755, 4) + "abcd" + end_mark),
              "'d' is no regular file but says it has 4 bytes of content");
    EXPECT_EQ(error_of(header("s", 0140755, 0) + end_mark),
              "'s' has the unknown file type 0140000 in a cpio archive");
    EXPECT_EQ(error_of(header("a", 0100644, 4, 2) + "1234" + header("b", 0100644, 4, 2) + "5678" +
                       end_mark),
              "the content of 'a' is in the cpio archive twice");
    std::string summed = header("a", 0100644, 4, 1, "070702", 4 * 'x');
    EXPECT_EQ(error_of(summed + "xxxx" + end_mark), "");
    EXPECT_EQ(error_of(summed + "xxxy" + end_mark),
              "a file in the cpio archive has a wrong checksum");
}

} // namespace
} // namespace coracle
