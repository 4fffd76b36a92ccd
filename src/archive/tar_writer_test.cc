// SPDX-License-Identifier: Apache-2.0
#include "archive/tar_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/test_tar.h"
#include "base/file.h"
#include "base/process.h"

namespace coracle {
namespace {

using test::read_tar;
using testing::HasSubstr;

Entry entry(std::string_view path, EntryType type = EntryType::regular) {
    Entry result;
    result.path = TreePath(path);
    result.type = type;
    result.mode = type == EntryType::directory ? 0755 : 0644;
    return result;
}

/// Entries with all that headers alone cannot hold.
std::vector<test::Read> sample() {
    std::vector<test::Read> all;
    std::string deep = std::string(100, 'd') + "/" + std::string(200, 'e');
    all.push_back({entry(std::string(100, 'd'), EntryType::directory), ""});
    all.push_back({entry(deep, EntryType::directory), ""});
    all.push_back({entry(deep + "/file"), "deep"});
    all.push_back({entry("caf\xc3\xa9"), "coffee"});
    all.push_back({entry("owner"), ""});
    all.back().entry.uid = 4000000000;
    all.back().entry.gid = 3000000000;
    all.push_back({entry("old"), std::string(1000, 'x')});
    all.back().entry.mtime = -100;
    all.back().entry.mode = 06755;
    all.push_back({entry("future"), ""});
    all.back().entry.mtime = int64_t{1} << 40;
    all.push_back({entry("link", EntryType::symlink), ""});
    all.back().entry.link_target = "/" + std::string(150, 't');
    all.push_back({entry("second", EntryType::hard_link), ""});
    all.back().entry.link_target = deep + "/file";
    all.push_back({entry("null", EntryType::character), ""});
    all.back().entry.device_major = 1;
    all.back().entry.device_minor = 3;
    all.push_back({entry("disk", EntryType::block), ""});
    all.back().entry.device_major = 259;
    all.back().entry.device_minor = 1048575;
    all.push_back({entry("fifo", EntryType::fifo), ""});
    all.push_back({entry("ping"), "p"});
    all.back().entry.xattrs = {{"security.capability", std::string("\x01\0\n=", 4)},
                               {"user.empty", ""}};
    return all;
}

std::string written(const std::vector<test::Read>& all) {
    StringSink text;
    TarWriter tar(text);
    for (const auto& read : all) {
        Entry sized = read.entry;
        sized.size = read.content.size();
        tar.add(sized, read.content);
    }
    tar.finish();
    return text.take();
}

TEST(TarWriter, WritesWhatTheReaderReads) {
    auto expected = sample();
    auto found = read_tar(written(expected));
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
        const Entry &a = expected[i].entry, &b = found[i].entry;
        EXPECT_EQ(a.path, b.path);
        EXPECT_EQ(a.type, b.type) << a.path.str();
        EXPECT_EQ(std::tie(a.mode, a.uid, a.gid, a.mtime), std::tie(b.mode, b.uid, b.gid, b.mtime));
        EXPECT_EQ(a.link_target, b.link_target);
        EXPECT_EQ(std::tie(a.device_major, a.device_minor),
                  std::tie(b.device_major, b.device_minor));
        EXPECT_EQ(a.xattrs, b.xattrs);
        EXPECT_EQ(expected[i].content, found[i].content);
    }
}

TEST(TarWriter, GivesTheSameBytesForTheSameEntries) {
    EXPECT_EQ(written(sample()), written(sample()));
    EXPECT_EQ(written(sample()).size() % tar_block, 0u);
}

class ListedArchive : public testing::Test {
protected:
    ListedArchive() { write_file(dir_ / "a.tar", written(sample())); }
    std::string list(std::vector<std::string> command) {
        command.push_back(dir_ / "a.tar");
        Command listing{std::move(command)};
        listing.env = {{"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}};
        Outcome outcome = run(listing);
        EXPECT_EQ(outcome.status, 0) << outcome.error;
        EXPECT_EQ(outcome.error, "");
        return outcome.output;
    }
    void expect_listing(const std::string& text) {
        std::string deep = std::string(100, 'd') + "/" + std::string(200, 'e');
        EXPECT_THAT(text, HasSubstr(deep + "/file"));
        EXPECT_THAT(text, HasSubstr("caf\xc3\xa9"));
        EXPECT_THAT(text, HasSubstr("4000000000"));
        EXPECT_THAT(text, HasSubstr("3000000000"));
        EXPECT_THAT(text, HasSubstr("link -> /" + std::string(150, 't')));
        EXPECT_THAT(text, HasSubstr("second link to " + deep + "/file"));
        EXPECT_THAT(text, HasSubstr("-rwsr-sr-x"));
        EXPECT_THAT(text, HasSubstr("1,3"));
        EXPECT_THAT(text, HasSubstr("259,1048575"));
    }
    TempDir dir_;
};

TEST_F(ListedArchive, IsReadByGnuTar) {
    std::string text = list({"tar", "--numeric-owner", "-tvf"});
    expect_listing(text);
    EXPECT_THAT(text, HasSubstr("1969-12-31"));
    EXPECT_THAT(text, HasSubstr("36812-02-20")); // 2^40 seconds
}

TEST_F(ListedArchive, IsReadByBsdtar) {
    std::string text = list({"bsdtar", "--numeric-owner", "-tvf"});
    // The columns of bsdtar: a blank between device numbers.
    EXPECT_THAT(text, HasSubstr("second link to "));
    EXPECT_THAT(text, HasSubstr("caf\xc3\xa9"));
    EXPECT_THAT(text, HasSubstr("4000000000"));
    EXPECT_THAT(text, HasSubstr("link -> /" + std::string(150, 't')));
}

TEST_F(ListedArchive, IsUnpackedByGnuTarWithItsXattrs) {
    list({"tar", "--xattrs", "--xattrs-include=user.*", "-C", dir_.path(), "--exclude=null",
          "--exclude=disk", "--no-same-owner", "-m", "-xf"});
    EXPECT_EQ(read_file(dir_ / "ping"), "p");
    EXPECT_EQ(read_file(dir_ / "second"), "deep");
}

TEST(TarWriter, HoldsSizesBeyondEightGigabytes) {
    // Only the header: the content never comes.
    class Header : public Sink {
    public:
        void write(std::string_view data) override { text += data; }
        std::string text;
    } sink;
    TarWriter tar(sink);
    Entry huge = entry("huge");
    huge.size = uint64_t{20} << 30;
    EXPECT_THROW(tar.add(huge, "x"), Error);
    MemorySource source(sink.text);
    TarReader reader(source);
    EXPECT_EQ(reader.next()->size, huge.size);
}

TEST(TarWriter, RefusesContentThatIsTooShort) {
    StringSink sink;
    TarWriter tar(sink);
    Entry short_one = entry("f");
    short_one.size = 5;
    try {
        tar.add(short_one, "abc");
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "the content of 'f' is 3 bytes long instead of 5");
    }
}

TEST(TarWriter, RefusesNumbersThatNoHeaderCanHold) {
    StringSink sink;
    TarWriter tar(sink);
    Entry device = entry("d", EntryType::character);
    device.device_major = 1 << 21;
    EXPECT_THROW(tar.add(device), Error);
}

TEST(TarWriter, WritesProvenanceAsPaxRecordsInOrder) {
    PaxList provenance{{"LINUXKIT.location", "init[0]"}, {"LINUXKIT.source", "a"}};
    Entry file = entry("f");
    file.provenance = &provenance;
    StringSink sink;
    TarWriter tar(sink);
    tar.add(file);
    EXPECT_THAT(sink.str(), HasSubstr("29 LINUXKIT.location=init[0]\n21 LINUXKIT.source=a\n"));
}

TEST(TarWriter, MakesSegmentsThatFollowEachOther) {
    StringSink text;
    for (const char* name : {"a", "b"}) {
        TarWriter segment(text);
        segment.add(entry(name));
    }
    TarWriter(text).finish();
    auto all = read_tar(text.str());
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[1].entry.path.str(), "b");
}

TEST(TarWriter, NamesTheRootWithADot) {
    StringSink text;
    TarWriter tar(text);
    tar.add(entry("", EntryType::directory));
    tar.finish();
    EXPECT_EQ(text.str().substr(0, 3), std::string("./\0", 3));
    EXPECT_TRUE(read_tar(text.str())[0].entry.path.is_root());
}

TEST(PaxRecord, CountsItsOwnLength) {
    EXPECT_EQ(pax_record("a", "b"), "6 a=b\n");
    for (size_t size : {1, 4, 5, 6, 91, 92, 93, 94, 990, 991, 992, 9990}) {
        std::string record = pax_record("k", std::string(size, 'v'));
        EXPECT_EQ(parse_pax(record).at("k").size(), size);
    }
}

} // namespace
} // namespace coracle
