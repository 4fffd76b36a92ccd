// SPDX-License-Identifier: Apache-2.0
#include "init/partitions.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/process.h"

namespace coracle::guest {
namespace {

class Partitions : public testing::Test {
protected:
    Partitions() { write_file(dir_ / "disk", std::string(8 << 20, '\0')); }
    void partition(const std::string& script) {
        Command command{{"sfdisk", "-q", dir_ / "disk"}};
        command.input = script;
        run_checked(command);
        bytes_ = read_file(dir_ / "disk");
    }
    std::optional<unsigned> number(std::string_view id) const {
        auto read = [&](uint64_t offset, size_t size) {
            return offset < bytes_.size() ? bytes_.substr(offset, size) : std::string();
        };
        return partition_number(read, 512, id);
    }

    TempDir dir_;
    std::string bytes_;
};

TEST_F(Partitions, OfAGptAreFoundByTheirGuid) {
    partition("label: gpt\n"
              "size=1MiB, uuid=00112233-4455-6677-8899-AABBCCDDEEFF\n"
              "size=1MiB, uuid=e4d29418-6c85-363a-fc5a-acf1ea505728\n");
    EXPECT_EQ(number("E4D29418-6c85-363a-fc5a-acf1ea505728"), 2u);
    EXPECT_EQ(number("00112233-4455-6677-8899-aabbccddeeff"), 1u);
    EXPECT_EQ(number("00112233-4455-6677-8899-aabbccddeef0"), std::nullopt);
    EXPECT_EQ(number("00000000-0000-0000-0000-000000000000"), std::nullopt);
    EXPECT_EQ(number(""), std::nullopt);
}

TEST_F(Partitions, OfAnMbrAreFoundByItsSignature) {
    partition("label: dos\nlabel-id: 0x1234abcd\nsize=1MiB\nsize=1MiB\n");
    EXPECT_EQ(number("1234ABCD-02"), 2u);
    EXPECT_EQ(number("1234abce-02"), std::nullopt);
    EXPECT_EQ(number("1234abcd-00"), std::nullopt);
}

TEST_F(Partitions, AreNotFoundInGarbage) {
    partition("label: gpt\nsize=1MiB, uuid=00112233-4455-6677-8899-AABBCCDDEEFF\n");
    bytes_.replace(512 + 80, 8, "\xff\xff\xff\xff\xff\xff\xff\xff"); // how many, and how large
    EXPECT_EQ(number("00112233-4455-6677-8899-aabbccddeeff"), std::nullopt);
    bytes_.resize(600);
    EXPECT_EQ(number("00112233-4455-6677-8899-aabbccddeeff"), std::nullopt);
    bytes_.clear();
    EXPECT_EQ(number("00112233-4455-6677-8899-aabbccddeeff"), std::nullopt);
}

} // namespace
} // namespace coracle::guest
