// SPDX-License-Identifier: Apache-2.0
#include "archive/cpio_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "io/memory.h"

namespace coracle {
namespace {

using testing::HasSubstr;

Entry entry(std::string_view path, EntryType type = EntryType::regular) {
    Entry result;
    result.path = TreePath(path);
    result.type = type;
    result.mode = type == EntryType::directory ? 0755 : 0644;
    return result;
}

Entry file(std::string_view path, uint64_t size, uint32_t names = 1) {
    Entry result = entry(path);
    result.size = size;
    result.link_count = names;
    return result;
}

Entry link(std::string_view path, std::string_view target, uint32_t names) {
    Entry result = entry(path, EntryType::hard_link);
    result.link_target = target;
    result.link_count = names;
    return result;
}

/// All kinds of entries; devices only when asked for.
void add_sample(EntrySink& cpio, bool devices) {
    cpio.add(entry("", EntryType::directory));
    cpio.add(entry("dir", EntryType::directory));
    Entry owned = file("dir/owned", 5);
    owned.uid = 1000;
    owned.gid = 4000000000;
    owned.mode = 04755;
    owned.mtime = 1000000000;
    cpio.add(owned, "12345");
    cpio.add(file("first", 6, 3), "shared");
    cpio.add(link("dir/second", "first", 3));
    Entry symlink = entry("link", EntryType::symlink);
    symlink.mode = 0777;
    symlink.link_target = "dir/owned";
    cpio.add(symlink);
    cpio.add(link("third", "first", 3));
    Entry old = entry("old");
    old.mtime = -1;
    cpio.add(old);
    if (!devices)
        return;
    Entry null = entry("null", EntryType::character);
    null.device_major = 1;
    null.device_minor = 3;
    cpio.add(null);
    cpio.add(entry("fifo", EntryType::fifo));
}

std::string archive(bool devices) {
    StringSink text;
    CpioWriter cpio(text);
    add_sample(cpio, devices);
    cpio.finish();
    return text.take();
}

std::string fed(std::vector<std::string> argv, const std::string& input,
                const std::string& directory = "") {
    Command command{std::move(argv)};
    command.input = input;
    command.directory = directory;
    command.env = {{"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}};
    return run_checked(command);
}

TEST(CpioWriter, IsListedByCpio) {
    std::string text = fed({"cpio", "-itv", "--quiet", "-n"}, archive(true));
    EXPECT_THAT(text,
                HasSubstr("-rwsr-xr-x   1 1000     4000000000        5 Sep  9  2001 dir/owned"));
    EXPECT_THAT(text, HasSubstr("link -> dir/owned"));
    EXPECT_THAT(text, HasSubstr("1,   3"));
    EXPECT_THAT(text, HasSubstr("prw-r--r--"));
    EXPECT_THAT(text, HasSubstr("-rw-r--r--   3 0        0               6 Jan  1  1970 first"));
    EXPECT_EQ(std::ranges::count(text, '\n'), 9);
}

TEST(CpioWriter, IsListedByBsdtar) {
    std::string text = fed({"bsdtar", "--numeric-owner", "-tvf", "-"}, archive(true));
    EXPECT_THAT(text, HasSubstr("dir/owned"));
    EXPECT_THAT(text, HasSubstr("link -> dir/owned"));
    EXPECT_THAT(text, HasSubstr("dir/second link to first"));
    EXPECT_THAT(text, HasSubstr("third link to first"));
}

void expect_unpacked(const TempDir& dir) {
    EXPECT_EQ(read_file(dir / "dir/owned"), "12345");
    for (const char* name : {"first", "dir/second", "third"})
        EXPECT_EQ(read_file(dir / name), "shared");
    struct stat one{}, two{};
    ASSERT_EQ(::stat((dir / "first").c_str(), &one), 0);
    ASSERT_EQ(::stat((dir / "dir/second").c_str(), &two), 0);
    EXPECT_EQ(one.st_ino, two.st_ino);
    EXPECT_EQ(one.st_nlink, 3u);
}

TEST(CpioWriter, IsUnpackedByCpioWithItsHardLinks) {
    TempDir dir;
    fed({"cpio", "-i", "--quiet", "--no-preserve-owner"}, archive(false), dir.path());
    expect_unpacked(dir);
}

TEST(CpioWriter, IsUnpackedByBsdtarWithItsHardLinks) {
    TempDir dir;
    fed({"bsdtar", "-xf", "-", "--no-same-owner"}, archive(false), dir.path());
    expect_unpacked(dir);
}

TEST(CpioWriter, KeepsTheHardLinksOfSegmentsApart) {
    StringSink text;
    for (uint64_t device : {7, 8}) {
        CpioWriter segment(text, device);
        std::string name = fmt::format("a{}", device);
        segment.add(file(name, 2, 2), name);
        segment.add(link(fmt::format("b{}", device), name, 2));
        EXPECT_EQ(text.str().size() % 4, 0u);
    }
    CpioWriter(text).finish();
    TempDir dir;
    fed({"cpio", "-i", "--quiet", "--no-preserve-owner"}, text.str(), dir.path());
    EXPECT_EQ(read_file(dir / "b7"), "a7");
    EXPECT_EQ(read_file(dir / "b8"), "a8");
}

TEST(CpioWriter, AlignsNamesAndContentsOfAnyLength) {
    StringSink text;
    CpioWriter cpio(text);
    for (size_t length = 1; length <= 8; ++length)
        cpio.add(file(std::string(length, 'n'), length), std::string(length, 'c'));
    cpio.finish();
    TempDir dir;
    fed({"cpio", "-i", "--quiet"}, text.str(), dir.path());
    for (size_t length = 1; length <= 8; ++length)
        EXPECT_EQ(read_file(dir / std::string(length, 'n')), std::string(length, 'c'));
}

TEST(CpioWriter, GivesTheSameBytesForTheSameEntries) { EXPECT_EQ(archive(true), archive(true)); }

std::string refusal(const Entry& entry) {
    try {
        StringSink text;
        CpioWriter cpio(text);
        cpio.add(entry);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(CpioWriter, RefusesFilesOfFourGigabytes) {
    EXPECT_EQ(refusal(file("big", uint64_t{4} << 30)),
              "'big' has 4294967296 bytes; a file in an initrd cannot have 4 GiB or more\n"
              "try: a format with a root file system on a disk, or the file in a volume");
}

TEST(CpioWriter, RefusesAHardLinkWithoutItsTarget) {
    EXPECT_EQ(refusal(link("b", "a", 2)), "the hard link 'b' comes before its target 'a'");
}

TEST(CpioWriter, RefusesTheNameThatEndsAnArchive) {
    EXPECT_EQ(refusal(entry("TRAILER!!!")),
              "a file named 'TRAILER!!!' cannot be in an initrd: the name marks its end");
    EXPECT_EQ(refusal(entry("dir/TRAILER!!!")), "");
}

} // namespace
} // namespace coracle
