// SPDX-License-Identifier: Apache-2.0
#include "io/hash.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/process.h"
#include "io/memory.h"

namespace coracle {
namespace {

constexpr const char* hash_of_abc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

std::string error_of(std::string_view content, uint64_t size, std::string hash = hash_of_abc) {
    try {
        MemorySource memory(content);
        VerifyingSource source(memory, HashAlgorithm::sha256, std::move(hash), size, "blob x");
        read_all(source);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(Hasher, AgreesWithSha256sumAndSha512sum) {
    std::string text(100'000, 'x');
    Command command{{"sha256sum"}};
    command.input = text;
    EXPECT_EQ(run_checked(command), sha256_hex(text) + "  -\n");
    command.argv = {"sha512sum"};
    Hasher hasher(HashAlgorithm::sha512);
    hasher.update(text.substr(0, 7)).update(text.substr(7));
    EXPECT_EQ(run_checked(command), hasher.hex() + "  -\n");
}

TEST(HashingSource, HashesAndCountsWhatIsRead) {
    MemorySource memory("abc");
    HashingSource source(memory);
    EXPECT_EQ(read_all(source), "abc");
    EXPECT_EQ(source.count(), 3u);
    EXPECT_EQ(source.hex(), hash_of_abc);
}

TEST(HashingSink, HashesAndCountsWhatIsWritten) {
    StringSink text;
    HashingSink sink(text);
    sink.write("a");
    sink.write("bc");
    EXPECT_EQ(text.str(), "abc");
    EXPECT_EQ(sink.count(), 3u);
    EXPECT_EQ(sink.hex(), hash_of_abc);
}

TEST(VerifyingSource, PassesOnWhatIsRight) { EXPECT_EQ(error_of("abc", 3), ""); }

TEST(VerifyingSource, RefusesWhatIsShortLongOrDamaged) {
    EXPECT_EQ(error_of("ab", 3), "blob x is 2 bytes long instead of 3");
    EXPECT_EQ(error_of("", 3), "blob x is 0 bytes long instead of 3");
    EXPECT_EQ(error_of("abcd", 3), "blob x is longer than the 3 bytes it should have");
    EXPECT_EQ(error_of("abd", 3),
              "blob x is damaged: its content has the hash " + sha256_hex("abd"));
}

TEST(VerifyingSource, StopsAnEndlessContentAtItsSize) {
    class Endless : public Source {
    public:
        size_t read(std::span<char> buffer) override {
            count += buffer.size();
            std::fill(buffer.begin(), buffer.end(), 'x');
            return buffer.size();
        }
        uint64_t count = 0;
    } endless;
    VerifyingSource source(endless, HashAlgorithm::sha256, hash_of_abc, 100'000, "blob x");
    EXPECT_THROW(skip(source), Error);
    EXPECT_LT(endless.count, 300'000u);
}

TEST(VerifyingSource, ThrowsAgainWhenAskedAgain) {
    MemorySource memory("abd");
    VerifyingSource source(memory, HashAlgorithm::sha256, hash_of_abc, 3, "blob x");
    EXPECT_THROW(read_all(source), Error);
    char byte;
    EXPECT_THROW(source.read({&byte, 1}), Error);
}

TEST(VerifyingSource, StaysAtItsEnd) {
    MemorySource memory("abc");
    VerifyingSource source(memory, HashAlgorithm::sha256, hash_of_abc, 3, "blob x");
    EXPECT_EQ(read_all(source), "abc");
    char byte;
    EXPECT_EQ(source.read({&byte, 1}), 0u);
}

} // namespace
} // namespace coracle
