// SPDX-License-Identifier: Apache-2.0
#include "init/gpt.h"

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"

namespace coracle::guest {
namespace {

constexpr uint64_t mebi = 1 << 20;

/// What a disk throws whose power has gone.
struct PowerCut {};

/// A disk in a file.
class GrowingDisk : public testing::Test {
protected:
    GrowingDisk() { partition(grows); }

    void partition(const std::string& script) {
        write_file(path_, std::string(8 * mebi, '\0'));
        Command command{{"sfdisk", "-q", path_}};
        command.input = script;
        run_checked(command);
    }
    void resize(uint64_t size) {
        ASSERT_EQ(::truncate(path_.c_str(), static_cast<off_t>(size)), 0);
    }

    /// With power for so many writes.
    std::optional<PartitionPlace> grow(unsigned number = 2, int writes = 1000) {
        Fd fd = open_fd(path_, O_RDWR);
        auto read = [&](uint64_t offset, size_t size) {
            std::string bytes(size, '\0');
            bytes.resize(
                read_some(fd.get(), bytes.data(), size, static_cast<off_t>(offset), "disk"));
            return bytes;
        };
        auto write = [&](uint64_t offset, std::string_view bytes) {
            if (writes-- == 0)
                throw PowerCut{};
            ASSERT_EQ(::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)),
                      static_cast<ssize_t>(bytes.size()));
        };
        auto size = static_cast<uint64_t>(::lseek(fd.get(), 0, SEEK_END));
        return grow_partition({read, write, size, 512}, number);
    }
    std::string table() const { return run_checked({{"sfdisk", "-d", path_}}); }
    std::string verdict() const { return run_checked({{"sgdisk", "-v", path_}}); }

    static constexpr const char* grows =
        "label: gpt\nsize=1MiB, name=one\nsize=2MiB, name=var, attrs=GUID:59\n";
    TempDir dir_;
    std::string path_ = dir_ / "disk";
};

TEST_F(GrowingDisk, GivesItsLastPartitionWhatIsFree) {
    resize(64 * mebi);
    auto place = grow();
    ASSERT_TRUE(place);
    EXPECT_EQ(place->start, 2 * mebi);
    EXPECT_EQ(place->size, 61 * mebi);
    EXPECT_NE(verdict().find("No problems found"), std::string::npos) << verdict();
    EXPECT_NE(table().find("start=        4096, size=      124928"), std::string::npos) << table();
    EXPECT_NE(table().find("name=\"one\""), std::string::npos);
    EXPECT_FALSE(grow());
    resize(128 * mebi);
    EXPECT_EQ(grow()->size, 125 * mebi);
    EXPECT_NE(verdict().find("No problems found"), std::string::npos) << verdict();
}

TEST_F(GrowingDisk, IsWholeWhereverPowerIsLost) {
    int cuts = 0, old = 0;
    for (bool cut = true; cut; ++cuts) {
        partition(grows);
        resize(64 * mebi);
        try {
            grow(2, cuts);
            cut = false;
        } catch (const PowerCut&) {
        }
        std::string now = table();
        EXPECT_NE(now.find("name=\"var\""), std::string::npos) << cuts << now;
        bool has_grown = now.find("size=      124928") != std::string::npos;
        EXPECT_TRUE(has_grown || now.find("size=        4096") != std::string::npos) << now;
        old += has_grown ? 0 : 1;
        grow(); // the next boot
        EXPECT_NE(table().find("size=      124928"), std::string::npos) << table();
        EXPECT_NE(verdict().find("No problems found"), std::string::npos) << cuts << verdict();
    }
    EXPECT_EQ(cuts, 8);
    EXPECT_EQ(old, 5); // the fifth write, of the header, is what counts
}

TEST_F(GrowingDisk, KeepsWhatIsNotToGrow) {
    resize(64 * mebi);
    EXPECT_FALSE(grow(1)) << "is not marked";
    EXPECT_FALSE(grow(3)) << "is not there";
    resize(4 * mebi);
    EXPECT_FALSE(grow()) << "has no room";
    partition("label: gpt\nsize=1MiB, attrs=GUID:59\nsize=2MiB\n");
    resize(64 * mebi);
    EXPECT_FALSE(grow(1)) << "is not the last";
}

TEST_F(GrowingDisk, IsRefusedWithADamagedTable) {
    auto error = [&] {
        try {
            grow();
        } catch (const Error& caught) {
            return std::string(caught.what());
        }
        return std::string();
    };
    resize(64 * mebi);
    std::string bytes = read_file(path_);
    bytes[1024 + 300] ^= 1;
    write_file(path_, bytes);
    EXPECT_EQ(error(), "the partition table is damaged");
    bytes[512] = 'X';
    write_file(path_, bytes);
    EXPECT_EQ(error(), "the disk has no partition table");
}

} // namespace
} // namespace coracle::guest
