// SPDX-License-Identifier: Apache-2.0
#include "disk/verity.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"

namespace coracle {
namespace {

std::string noise(size_t size) {
    std::string bytes;
    for (unsigned x = 7; bytes.size() < size; x = x * 1664525 + 1013904223)
        bytes += static_cast<char>(x >> 24);
    return bytes;
}

TEST(Verity, TreesAreWhatVeritysetupVerifies) {
    TempDir dir;
    // One block of hashes, several, and two levels of several.
    for (size_t blocks : {2u, 128u, 129u, 1025u, 17000u}) {
        SCOPED_TRACE(blocks);
        std::string bytes = noise(blocks * 4096);
        ThreadPool pool(2);
        VerityTree tree = make_verity_tree(Extents(bytes), "identity", pool);
        write_file(dir / "data", bytes);
        write_file(dir / "hashes", tree.hashes.read_all());
        Command verify{{"veritysetup", "verify", dir / "data", dir / "hashes", tree.root_hash}};
        Outcome outcome = run(verify);
        EXPECT_EQ(outcome.status, 0) << outcome.error;
        bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
        write_file(dir / "data", bytes);
        EXPECT_NE(run(verify).status, 0);
    }
}

TEST(Verity, TreesDependOnContentAndIdentityAlone) {
    Extents data(noise(4096 * 3000));
    ThreadPool one(1), many(3);
    auto first = make_verity_tree(data, "a", one);
    auto second = make_verity_tree(data, "a", many);
    EXPECT_EQ(first.root_hash, second.root_hash);
    EXPECT_EQ(first.hashes.read_all(), second.hashes.read_all());
    EXPECT_NE(make_verity_tree(data, "b", one).root_hash, first.root_hash);
}

TEST(Verity, WholeBlocksAreWanted) {
    ThreadPool pool(1);
    EXPECT_THROW(make_verity_tree(Extents(std::string(5000, 'x')), "", pool), Error);
    EXPECT_THROW(make_verity_tree(Extents(std::string(4096, 'x')), "", pool), Error);
}

} // namespace
} // namespace coracle
