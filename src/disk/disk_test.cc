// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "disk/fat.h"
#include "disk/partition_table.h"
#include "disk/random_access_file.h"

namespace coracle {
namespace {

using testing::HasSubstr;

class Disk : public testing::Test {
protected:
    std::string save(const std::string& name, const Extents& extents) {
        Fd fd = open_fd(dir_ / name, O_RDWR | O_CREAT | O_TRUNC);
        RandomAccessFile file(fd.get(), name);
        file.write_at(0, extents);
        file.resize(extents.size());
        return dir_ / name;
    }
    /// Bytes of a real file, as large parts of a disk are.
    Extents from_file(const std::string& content) {
        write_file(dir_ / "content", content);
        fds_.push_back(open_fd(dir_ / "content", O_RDONLY));
        Extents extents;
        extents.add_file(fds_.back().get(), 0, content.size());
        return extents;
    }
    static std::string error_of(const std::vector<FatFile>& files) {
        try {
            make_fat(files, {});
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    }

    TempDir dir_;
    std::vector<Fd> fds_;
};

TEST_F(Disk, ExtentsReadAcrossTheirParts) {
    Extents extents("abc");
    extents.add_zeros(3);
    extents.add(from_file("0123456789").slice(2, 5));
    EXPECT_EQ(extents.read_all(), std::string("abc\0\0\0"
                                              "23456",
                                              11));
    EXPECT_EQ(extents.slice(1, 7).read_all(), std::string("bc\0\0\0"
                                                          "23",
                                                          7));
    EXPECT_TRUE(extents.is_hole(3, 3));
    EXPECT_FALSE(extents.is_hole(3, 4));
    EXPECT_FALSE(extents.is_hole(2, 2));
    EXPECT_TRUE(extents.is_hole(11, 100));
    std::string buffer(4, 'x');
    extents.read_at(9, buffer);
    EXPECT_EQ(buffer, std::string("56\0\0", 4));
    EXPECT_THROW(extents.pad_to(10), Error);
}

TEST_F(Disk, ZerosStayHoles) {
    Extents extents("head");
    extents.pad_to(100 << 20);
    extents.add("tail");
    auto path = save("sparse", extents);
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_size, (100 << 20) + 4);
    EXPECT_LT(status.st_blocks, 100);
}

TEST_F(Disk, GuidsAreWrittenAsGptHasThem) {
    Guid guid = Guid::parse("c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
    EXPECT_EQ(guid.bytes[0], 0x28);
    EXPECT_EQ(guid.str(), "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
    EXPECT_EQ(Guid::derive("x").str()[14], '8');
    EXPECT_NE(Guid::derive("x").str(), Guid::derive("y").str());
    EXPECT_EQ(Guid::half_of("00112233445566778899aabbccddeeff" + std::string(32, 'f'), 0).str(),
              "00112233-4455-6677-8899-aabbccddeeff");
    EXPECT_THROW(Guid::parse("c12a7328"), Error);
}

TEST_F(Disk, GptPassesSgdisk) {
    GptDisk disk{Guid::derive("disk")};
    disk.partitions.push_back({Guid::parse("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"),
                               Guid::derive("one"), "esp", from_file(std::string(3000000, 'a'))});
    disk.partitions.push_back({Guid::parse("4f68bce3-e8cd-4db1-96e7-fbcaf984b709"),
                               Guid::derive("two"), "root", Extents("b"), gpt_read_only, 5 << 20});
    auto path = save("gpt.img", make_gpt_disk(disk));
    EXPECT_THAT(run_checked({{"sgdisk", "-v", path}}), HasSubstr("No problems found"));
    std::string list = run_checked({{"sgdisk", "-p", "-i", "2", path}});
    EXPECT_THAT(list, HasSubstr("8192           18431"));
    EXPECT_THAT(list, HasSubstr("Partition name: 'root'"));
    EXPECT_THAT(list, HasSubstr("Attribute flags: 1000000000000000"));
    disk.size = uint64_t{5} << 30;
    EXPECT_EQ(make_gpt_disk(disk).size(), disk.size);
    EXPECT_THAT(run_checked({{"sgdisk", "-v", save("large.img", make_gpt_disk(disk))}}),
                HasSubstr("No problems found"));
}

TEST_F(Disk, MbrIsReadBySfdisk) {
    MbrDisk disk{.signature = 0x12345678, .boot_code = "CODE", .type = 0x0c};
    disk.content = from_file(std::string(3 << 20, 'a'));
    auto path = save("mbr.img", make_mbr_disk(disk));
    std::string list = run_checked({{"sfdisk", "-d", path}});
    EXPECT_THAT(list, HasSubstr("label-id: 0x12345678"));
    EXPECT_THAT(list, HasSubstr("start=        2048, size=        6144, type=c, bootable"));
    disk.boot_code = std::string(441, 'x');
    EXPECT_THROW(make_mbr_disk(disk), Error);
}

TEST_F(Disk, FatOfEachKindPassesFsckAndIsReadByMtools) {
    for (auto [size, bits] : {std::pair(uint64_t{1} << 20, 12), std::pair(uint64_t{9} << 20, 16),
                              std::pair(uint64_t{30} << 20, 16), std::pair(uint64_t{64} << 20, 32),
                              std::pair(uint64_t{700} << 20, 32)}) {
        SCOPED_TRACE(size);
        std::string large(300000, 'k');
        std::vector<FatFile> files = {{"EFI/BOOT/BOOTX64.EFI", from_file(large)},
                                      {"kernel", Extents("KERNEL")},
                                      {"a long name, with more.than one dot", Extents("L")},
                                      {"Mixed.Txt", Extents("M")},
                                      {"\xc3\xa4\xf0\x9f\x98\x80.conf", Extents("U")},
                                      {"loader/entries/empty", Extents()}};
        Fat fat = make_fat(files, {.serial = 0xabcd1234, .time = 1492533000, .size = size});
        EXPECT_EQ(fat.bits, static_cast<unsigned>(bits));
        EXPECT_EQ(fat.image.size(), size);
        auto path = save("fat.img", fat.image);
        Outcome outcome = run({{"fsck.fat", "-n", "-v", path}});
        EXPECT_EQ(outcome.status, 0) << outcome.output;
        EXPECT_THAT(outcome.output, HasSubstr(": 11 files"));
        Command type{{"mtype", "-i", path, "::/EFI/BOOT/BOOTX64.EFI"}};
        EXPECT_EQ(run_checked(type), large);
        type.argv.back() = "::/a long name, with more.than one dot";
        EXPECT_EQ(run_checked(type), "L");
        std::string list = run_checked({{"mdir", "-i", path, "::"}});
        EXPECT_THAT(list, HasSubstr("2017-04-18  16:30"));
        EXPECT_THAT(list, HasSubstr("Volume Serial Number is ABCD-1234"));
        EXPECT_THAT(list, HasSubstr("Mixed.Txt"));
    }
}

TEST_F(Disk, FatGrowsToWhatItHolds) {
    for (uint64_t size : {100u << 10, 2000u << 10, 3u << 20, 16u << 20, 33u << 20, 40u << 20}) {
        SCOPED_TRACE(size);
        Extents hole;
        hole.add_zeros(size);
        Fat fat = make_fat({{"a", hole}, {"b/c", Extents("x")}}, {});
        EXPECT_LT(fat.image.size(), size + size / 8 + (2 << 20));
        EXPECT_EQ(run({{"fsck.fat", "-n", save("fat.img", fat.image)}}).status, 0);
    }
}

TEST_F(Disk, FatHoldsThousandsOfFiles) {
    std::vector<FatFile> files;
    for (int i = 0; i < 3000; ++i)
        files.push_back({fmt::format("directory/a file with number {}", i), Extents("x")});
    Fat fat = make_fat(files, {});
    Outcome outcome = run({{"fsck.fat", "-n", save("fat.img", fat.image)}});
    EXPECT_EQ(outcome.status, 0) << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr("3002 files"));
}

TEST_F(Disk, FatRefusesWhatItCannotHold) {
    EXPECT_EQ(error_of({{"a/Name", {}}, {"a/nAME", {}}}),
              "'nAME' is in the directory twice, in a FAT file system, which takes upper and lower "
              "case for the same");
    EXPECT_EQ(error_of({{"x\xff", {}}}),
              "'x\xff' cannot be in a FAT file system: its name is not UTF-8");
    EXPECT_EQ(error_of({{"a:b", {}}}), "'a:b' cannot be in a FAT file system: its name has a "
                                       "character that is not allowed there");
    EXPECT_EQ(error_of({{"dot.", {}}}),
              "'dot.' cannot be in a FAT file system: its name ends in a dot or a space");
    EXPECT_THAT(error_of({{"../x", {}}}), HasSubstr("leaves its root"));
    Extents large;
    large.add_zeros(uint64_t{4} << 30);
    EXPECT_THAT(error_of({{"large", large}}),
                testing::StartsWith("'large' has 4.0 GiB, and a FAT file system has no files of 4 "
                                    "GiB and more"));
    Extents largest;
    largest.add_zeros((uint64_t{4} << 30) - (64 << 10)); // fsck.fat errs from here on
    auto path = save("fat.img", make_fat({{"l", largest}}, {}).image);
    Outcome outcome = run({{"fsck.fat", "-n", path}});
    EXPECT_EQ(outcome.status, 0) << outcome.output;
}

} // namespace
} // namespace coracle
