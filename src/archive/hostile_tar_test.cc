// SPDX-License-Identifier: Apache-2.0
// Archives that try to be read as something else, to leave the tree, or to use up what there is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/test_tar.h"

namespace coracle {
namespace {

using test::read_tar;
using test::tar_error;
using test::TarText;
using testing::HasSubstr;
using namespace std::string_view_literals;

// Names and links

TEST(HostileTar, NamesThatLeaveTheTree) {
    EXPECT_EQ(tar_error(TarText().file("../../etc/passwd").str()),
              "the name '../../etc/passwd' leaves its root");
    EXPECT_EQ(tar_error(TarText().pax({{"path", "a/../../b"}}).file("x").str()),
              "the name 'a/../../b' leaves its root");
    EXPECT_EQ(tar_error(TarText().add("././@LongLink", 'L', "a/../../b").file("x").str()),
              "the name 'a/../../b' leaves its root");
    EXPECT_EQ(
        tar_error(TarText()
                      .add("x", '0', {}, [](UstarHeader& h) { TarText::put(h.prefix, "a/../.."); })
                      .str()),
        "the name 'a/../../x' leaves its root");
    // Below the root an absolute name is harmless.
    EXPECT_EQ(read_tar(TarText().file("/etc/passwd").str())[0].entry.path.str(), "etc/passwd");
}

TEST(HostileTar, ASymlinkOrFileForTheRoot) {
    for (const char* name : {"/.", "./", ".", "/", "//"}) {
        EXPECT_EQ(tar_error(TarText().symlink(name, "/etc").str()),
                  "the root of a layer is not a directory");
        EXPECT_EQ(tar_error(TarText().hard_link(name, "etc").str()),
                  "the root of a layer is not a directory");
    }
}

TEST(HostileTar, HardLinksToTheOutside) {
    EXPECT_EQ(tar_error(TarText().hard_link("x", "../../etc/shadow").str()),
              "the name '../../etc/shadow' leaves its root");
    EXPECT_EQ(read_tar(TarText().hard_link("x", "/etc/shadow").str())[0].entry.link_target,
              "etc/shadow"); // of the tree
    EXPECT_EQ(tar_error(TarText().hard_link("x", "").str()),
              "the link 'x' has no target that a file system could hold");
}

TEST(HostileTar, NamesOverTheLimitsOfPaths) {
    std::string deep;
    for (int i = 0; i < 65'000; ++i)
        deep += "a/";
    EXPECT_THAT(tar_error(TarText().pax({{"path", deep}}).file("x").str()),
                HasSubstr("bytes long, more than 4095"));
    EXPECT_THAT(tar_error(TarText().pax({{"path", std::string(300, 'n')}}).file("x").str()),
                HasSubstr("has a component of 300 bytes, more than 255"));
    EXPECT_EQ(
        tar_error(TarText().pax({{"linkpath", std::string(5000, 'n')}}).symlink("x", "y").str()),
        "the link 'x' has no target that a file system could hold");
}

TEST(HostileTar, NulInNames) {
    EXPECT_EQ(tar_error(TarText().pax({{"path", std::string("a\0b", 3)}}).file("x").str()),
              "the name 'a' has a NUL byte in it");
    EXPECT_EQ(
        tar_error(TarText().pax({{"linkpath", std::string("a\0b", 3)}}).symlink("x", "y").str()),
        "the link 'x' has no target that a file system could hold");
    EXPECT_EQ(tar_error(TarText().add("L", 'L', std::string("a\0b\0", 4)).file("x").str()),
              "the name 'a' has a NUL byte in it");
}

TEST(HostileTar, NoNameAtAll) {
    EXPECT_EQ(tar_error(TarText().file("").str()), "a tar entry has no name");
    EXPECT_EQ(tar_error(TarText().pax({{"path", ""}}).file("x").str()), "a tar entry has no name");
}

TEST(HostileTar, NewlinesAndOtherBytesInNamesAreJustBytes) {
    auto all = read_tar(TarText().file("a\nb\x1b[2J\xff").str());
    EXPECT_EQ(all[0].entry.path.str(), "a\nb\x1b[2J\xff");
}

// PAX

std::string pax_error(std::string_view records) {
    return tar_error(TarText().add("PaxHeaders/x", 'x', records).file("x").str());
}

TEST(HostileTar, MalformedPaxRecords) {
    for (auto records : {"path=x\n"sv, "99 path=x\n"sv, "5 path=x\n"sv, "10 path=xx"sv,
                         " 9 path=x\n"sv, "-9 path=x\n"sv, "99999999999999999999 path=x\n"sv,
                         "0 \n"sv, "3 \n"sv, "9\tpath=x\n"sv, "10 path=x\0\n\n"sv})
        EXPECT_EQ(pax_error(records), "a PAX record has a wrong length") << records;
    EXPECT_EQ(pax_error("6 =ab\n"), "a PAX record has no key");
    EXPECT_EQ(pax_error("7 pa\x01h\n"), "a PAX record has no key");
}

TEST(HostileTar, PaxNumbersThatAreNone) {
    EXPECT_EQ(pax_error("10 size=x\n"), "the PAX record size=x is not a number from 0 to "
                                        "4611686018427387904");
    EXPECT_THAT(pax_error("11 size=-1\n"), HasSubstr("is not a number"));
    EXPECT_THAT(pax_error(pax_record("size", "9223372036854775808")), HasSubstr("is not a number"));
    EXPECT_THAT(pax_error(pax_record("uid", "4294967296")), HasSubstr("is not a number"));
    EXPECT_EQ(pax_error(pax_record("mtime", "1e9")), "the PAX record mtime=1e9 is not a time");
    EXPECT_EQ(pax_error(pax_record("mtime", "99999999999999999999")),
              "the PAX record mtime=99999999999999999999 is not a time");
}

TEST(HostileTar, AnArchiveInTheGapBetweenPaxAndUstarSize) {
    // A reader that skips by the header's size (0) would see the inner archive's entries.
    std::string inner = TarText().file("smuggled", "evil").str();
    auto all = read_tar(
        TarText()
            .pax({{"size", fmt::to_string(inner.size())}})
            .add("outer", '0', inner, [](UstarHeader& h) { TarText::put(h.size, "00000000000"); })
            .file("last")
            .str());
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].content, inner);
    EXPECT_EQ(all[1].entry.path.str(), "last");
}

TEST(HostileTar, APaxSizeOnWhatHasNoContent) {
    EXPECT_EQ(tar_error(TarText().pax({{"size", "512"}}).directory("d").file("x").str()),
              "'d' is no regular file but says it has 512 bytes of content");
}

TEST(HostileTar, GlobalHeadersThatNameOrSizeEveryEntry) {
    for (const char* key : {"path", "linkpath", "size", "uid", "gid"})
        EXPECT_EQ(tar_error(TarText().add("g", 'g', pax_record(key, "1")).file("x").str()),
                  fmt::format("a global PAX header sets '{}' for all entries", key));
}

TEST(HostileTar, TwoExtendedHeadersForOneEntry) {
    EXPECT_EQ(tar_error(TarText().pax({{"path", "a"}}).pax({{"path", "b"}}).file("x").str()),
              "a tar entry has two extended headers of the same kind");
    EXPECT_EQ(tar_error(TarText().add("L", 'L', "a").add("L", 'L', "b").file("x").str()),
              "a tar entry has two extended headers of the same kind");
}

TEST(HostileTar, AnExtendedHeaderThatBelongsToNothing) {
    EXPECT_EQ(tar_error(TarText().pax({{"path", "a"}}).str()),
              "the tar archive ends after an extended header");
}

TEST(HostileTar, ExtendedHeadersOverTheLimits) {
    std::string value(2 << 20, 'x');
    EXPECT_EQ(tar_error(TarText().pax({{"comment", value}}).file("x").str()),
              "a tar extended header has 2097169 bytes, more than the allowed 1048576");
    EXPECT_THAT(tar_error(TarText().add("L", 'L', value).file("x").str()),
                HasSubstr("more than the allowed 1048576"));
}

TEST(HostileTar, AnExtendedHeaderThatOnlySaysItIsHuge) {
    EXPECT_THAT(tar_error(TarText()
                              .add("x", 'x', {},
                                   [](UstarHeader& h) {
                                       std::memset(h.size, 0, sizeof h.size);
                                       std::memcpy(h.size, "\x80\0\0\0\0\0\x7f\xff", 8);
                                   })
                              .str()),
                HasSubstr("more than the allowed 1048576"));
}

TEST(HostileTar, ExtendedHeadersWithoutEnd) {
    TarText tar;
    std::string value(500'000, 'x');
    for (int i = 0; i < 10; ++i)
        tar.pax({{"SCHILY.xattr.user.x", value}}).file(fmt::format("f{}", i));
    EXPECT_EQ(tar_error(tar.str(), {.all_header_bytes = 3'000'000}),
              "the tar archive's extended headers have more than the allowed 3000000 bytes");
    TarText globals;
    for (int i = 0; i < 10; ++i)
        globals.add("g", 'g', pax_record("comment", value));
    EXPECT_EQ(tar_error(globals.str(), {.all_header_bytes = 3'000'000}),
              "the tar archive's extended headers have more than the allowed 3000000 bytes");
    TarText empty;
    for (int i = 0; i < 10; ++i)
        empty.add("g", 'g');
    EXPECT_EQ(tar_error(empty.str(), {.all_header_bytes = 3'000}),
              "the tar archive's extended headers have more than the allowed 3000 bytes");
}

// Numbers, sizes, ends

std::string size_error(std::string_view field) {
    return tar_error(TarText()
                         .add("x", '0', {},
                              [&](UstarHeader& h) {
                                  std::memcpy(h.size, field.data(),
                                              std::min(field.size(), sizeof h.size));
                              })
                         .str());
}

TEST(HostileTar, NegativeAndOverflowingSizes) {
    EXPECT_EQ(size_error("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
              "the tar header's size is out of range: -1");
    EXPECT_EQ(size_error("\x80\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"sv),
              "the tar header's size is out of range");
    EXPECT_EQ(size_error("\x80\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"sv),
              "the tar header's size is out of range");
    EXPECT_EQ(size_error("-0000000001\0"sv), "the tar header's size is not a number");
    EXPECT_EQ(size_error("000000009 \0\0"sv), "the tar header's size is not a number");
    EXPECT_EQ(size_error("777777777777"), "the tar archive is truncated"); // 64 GiB less a byte
}

TEST(HostileTar, SizesThatOverflowTogether) {
    std::string text = TarText().pax({{"size", "4611686018427387904"}}).file("x").str();
    EXPECT_THAT(tar_error(text, {.bytes = UINT64_MAX}), HasSubstr("truncated"));
    EXPECT_THAT(tar_error(text), HasSubstr("holds more than the allowed"));
}

TEST(HostileTar, OwnersOutOfRange) {
    EXPECT_EQ(tar_error(TarText()
                            .add("x", '0', {},
                                 [](UstarHeader& h) { std::memset(h.uid, 0xff, sizeof h.uid); })
                            .str()),
              "the tar header's uid is out of range: -1");
}

TEST(HostileTar, DeviceNumbersThatLinuxHasNot) {
    EXPECT_EQ(tar_error(TarText().device("d", 4096, 0).str()),
              "'d' is the device 4096:0, which Linux cannot have");
    EXPECT_EQ(tar_error(TarText().device("d", 0, 1 << 20).str()),
              "'d' is the device 0:1048576, which Linux cannot have");
    EXPECT_EQ(tar_error(TarText().device("d", 4095, (1 << 20) - 1).str()), "");
}

TEST(HostileTar, WrongChecksums) {
    std::string text = TarText().file("x", "content").str();
    text[0] = 'y';
    EXPECT_EQ(tar_error(text), "a tar header has a wrong checksum");
    EXPECT_EQ(tar_error(std::string(1024, 'x')), "the tar header's checksum is not a number");
}

TEST(HostileTar, TruncatedAnywhere) {
    std::string text =
        TarText().pax({{"path", "long"}}).file("x", std::string(700, 'x')).directory("d").open();
    for (size_t size = 0; size <= text.size(); size += 64)
        EXPECT_THAT(tar_error(text.substr(0, size)), HasSubstr("truncated")) << size;
    EXPECT_EQ(tar_error(text), "the tar archive is truncated: its end mark is missing");
}

TEST(HostileTar, EntriesAfterTheEnd) {
    EXPECT_EQ(tar_error(TarText().file("a").str() + TarText().file("b").str()),
              "the tar archive goes on after its end mark");
}

TEST(HostileTar, MoreEntriesThanAllowed) {
    TarText tar;
    for (int i = 0; i < 11; ++i)
        tar.file("f");
    EXPECT_EQ(tar_error(tar.str(), {.entries = 10}),
              "the tar archive has more than the allowed 10 entries");
    EXPECT_EQ(tar_error(tar.str(), {.entries = 11}), "");
}

// Sparse files and other kinds

TEST(HostileTar, SparseMaps) {
    EXPECT_EQ(tar_error(TarText().add("x", 'S').str()), "sparse files are not supported in layers");
    for (const char* key : {"GNU.sparse.major", "GNU.sparse.map", "GNU.sparse.realsize"}) {
        EXPECT_EQ(tar_error(TarText().pax({{key, "1"}}).file("x").str()),
                  "sparse files are not supported in layers");
        EXPECT_EQ(tar_error(TarText().add("g", 'g', pax_record(key, "1")).file("x").str()),
                  "sparse files are not supported in layers");
    }
}

TEST(HostileTar, UnknownKinds) {
    EXPECT_EQ(tar_error(TarText().add("x", 'V').str()), "'x' has the unknown tar entry type 0x56");
    EXPECT_EQ(tar_error(TarText().add("x", '\xff').str()),
              "'x' has the unknown tar entry type 0xff");
}

TEST(HostileTar, ContentOnLinksAndDevices) {
    for (char type : {'1', '2', '3', '4', '5', '6'})
        EXPECT_EQ(tar_error(TarText()
                                .add("x", type, "content",
                                     [](UstarHeader& h) { TarText::put(h.link_name, "y"); })
                                .str()),
                  "'x' is no regular file but says it has 7 bytes of content")
            << type;
}

TEST(HostileTar, SetuidAndDevicesAreOnlyToldOf) {
    auto all =
        read_tar(TarText()
                     .add("su", '0', {}, [](UstarHeader& h) { TarText::put(h.mode, "0107777"); })
                     .device("mem", 1, 1)
                     .str());
    EXPECT_EQ(all[0].entry.mode, 07777u);
    EXPECT_EQ(all[1].entry.type, EntryType::character);
}

TEST(HostileTar, TheSameNameManyTimes) {
    EXPECT_EQ(read_tar(TarText().file("a", "1").symlink("a", "b").directory("a").str()).size(), 3u);
}

} // namespace
} // namespace coracle
