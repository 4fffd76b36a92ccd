// SPDX-License-Identifier: Apache-2.0
#include "init/verity.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"

namespace coracle::guest {
namespace {

std::string formatted(std::vector<std::string> options) {
    TempDir dir;
    write_file(dir / "data", std::string(10 * 4096, 'x'));
    std::vector<std::string> words = {"veritysetup", "format"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {dir / "data", dir / "hashes"});
    run_checked({words});
    return read_file(dir / "hashes");
}

std::string error_of(std::string_view bytes) {
    try {
        read_verity_superblock(bytes);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(VeritySuperblock, IsReadAsVeritysetupWritesIt) {
    std::string bytes = formatted({"--salt=00ff10"});
    auto super = read_verity_superblock(bytes);
    EXPECT_EQ(super.blocks, 10u);
    EXPECT_EQ(super.salt, "00ff10");
    EXPECT_EQ(read_verity_superblock(formatted({"--salt=-"})).salt, "-");
}

TEST(VeritySuperblock, OfOtherKindsAreRefused) {
    EXPECT_EQ(error_of(std::string(511, 'v')), "the superblock of the hashes is truncated");
    EXPECT_EQ(error_of(std::string(512, 'v')), "there are no hashes of dm-verity");
    for (auto options : {std::vector<std::string>{"--hash=sha512"},
                         {"--data-block-size=1024", "--hash-block-size=1024"}})
        EXPECT_EQ(error_of(formatted(options)), "the hashes of dm-verity are of an unknown kind");
    std::string bytes = formatted({});
    bytes.replace(80, 2, "\xff\xff"); // the size of the salt
    EXPECT_EQ(error_of(bytes), "the hashes of dm-verity are of an unknown kind");
}

TEST(VerityPartition, IsHalfOfTheRootHash) {
    std::string hash = "00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef";
    ASSERT_TRUE(is_root_hash(hash));
    EXPECT_EQ(verity_partition(hash, 0), "00112233-4455-6677-8899-aabbccddeeff");
    EXPECT_EQ(verity_partition(hash, 1), "01234567-89ab-cdef-0123-456789abcdef");
    EXPECT_FALSE(is_root_hash(hash.substr(1)));
    EXPECT_FALSE(is_root_hash("x" + hash.substr(1)));
}

} // namespace
} // namespace coracle::guest
