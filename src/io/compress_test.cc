// SPDX-License-Identifier: Apache-2.0
#include "io/compress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/process.h"
#include "io/memory.h"

namespace coracle {
namespace {

std::string pack(std::string_view text, Compression compression, int level = 0) {
    StringSink sink;
    auto packed = make_compressor(sink, compression, level);
    // In uneven pieces, as tar writers do.
    for (size_t piece = 1; !text.empty(); piece = piece * 3 + 1) {
        packed->write(text.substr(0, piece));
        text.remove_prefix(std::min(piece, text.size()));
    }
    packed->finish();
    return sink.take();
}

std::string unpack(std::string_view bytes, Compression compression) {
    MemorySource source(bytes);
    auto plain = make_decompressor(source, compression);
    return read_all(*plain);
}

std::string error_of(std::string_view bytes, Compression compression) {
    try {
        unpack(bytes, compression);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

/// Neither all alike nor random: a little of both.
std::string sample(size_t size) {
    std::string text;
    for (uint32_t i = 0, seed = 1; text.size() < size; ++i) {
        seed = seed * 1664525 + 1013904223;
        text += i % 3 == 0 ? std::string(seed >> 26, 'a') : std::to_string(seed);
    }
    text.resize(size);
    return text;
}

/// One byte at a time: states between bytes must hold.
class Trickle : public Source {
public:
    explicit Trickle(std::string_view data) : inner_(data) {}
    size_t read(std::span<char> buffer) override { return inner_.read(buffer.first(1)); }

private:
    MemorySource inner_;
};

class Codec : public testing::TestWithParam<Compression> {
protected:
    std::string program() const { return std::string(name_of(GetParam())); }
};

INSTANTIATE_TEST_SUITE_P(All, Codec,
                         testing::Values(Compression::gzip, Compression::zstd, Compression::xz),
                         [](const auto& each) { return std::string(name_of(each.param)); });

TEST_P(Codec, GivesBackWhatWasPacked) {
    for (size_t size : {0, 1, 511, 65536, 300'000})
        EXPECT_EQ(unpack(pack(sample(size), GetParam()), GetParam()), sample(size));
}

TEST_P(Codec, GivesTheSameBytesForTheSameContent) {
    EXPECT_EQ(pack(sample(100'000), GetParam()), pack(sample(100'000), GetParam()));
}

TEST_P(Codec, IsDetectedByItsFirstBytes) {
    EXPECT_EQ(detect_compression(pack("x", GetParam())), GetParam());
}

TEST_P(Codec, ReadsByteByByte) {
    std::string bytes = pack(sample(20'000), GetParam());
    Trickle source(bytes);
    auto plain = make_decompressor(source, GetParam());
    std::string text;
    char byte = 0;
    while (plain->read({&byte, 1}) == 1)
        text += byte;
    EXPECT_EQ(text, sample(20'000));
}

TEST_P(Codec, IsReadByItsProgram) {
    Command command{{program(), "-dc"}};
    command.input = pack(sample(200'000), GetParam());
    EXPECT_EQ(run_checked(command), sample(200'000));
}

TEST_P(Codec, ReadsWhatItsProgramWrites) {
    for (const char* level : {"-1", "-9"}) {
        Command command{{program(), "-c", level}};
        command.input = sample(200'000);
        EXPECT_EQ(unpack(run_checked(command), GetParam()), sample(200'000));
    }
}

TEST_P(Codec, TakesManyMembersForOneContent) {
    std::string bytes = pack("one", GetParam()) + pack("", GetParam()) + pack("two", GetParam());
    EXPECT_EQ(unpack(bytes, GetParam()), "onetwo");
}

TEST_P(Codec, RefusesATruncatedStreamWhereverItIsCut) {
    std::string bytes = pack(sample(2000), GetParam());
    for (size_t size = 0; size < bytes.size(); ++size)
        EXPECT_EQ(error_of(bytes.substr(0, size), GetParam()),
                  "the " + program() + " stream is truncated")
            << size;
}

TEST_P(Codec, RefusesATruncatedSecondMember) {
    std::string bytes = pack("one", GetParam()) + pack("two", GetParam());
    for (size_t less = 1; less < 8; ++less)
        EXPECT_EQ(error_of(bytes.substr(0, bytes.size() - less), GetParam()),
                  "the " + program() + " stream is truncated");
}

TEST_P(Codec, RefusesWhatFollowsTheEnd) {
    std::string bytes = pack("one", GetParam());
    EXPECT_THAT(error_of(bytes + "garbage after the end", GetParam()),
                testing::StartsWith("the " + program() + " stream is damaged"));
    EXPECT_NE(error_of(bytes + "g", GetParam()), "");
}

TEST_P(Codec, NoticesAFlippedBit) {
    std::string bytes = pack(sample(5000), GetParam());
    // Not in the header, where a flag or the time may mean nothing.
    for (size_t at = 20; at < bytes.size(); at += 37) {
        std::string bad = bytes;
        bad[at] = static_cast<char>(bad[at] ^ 0x10);
        EXPECT_NE(error_of(bad, GetParam()), "") << at;
    }
}

TEST_P(Codec, HasNoNegativeLevels) {
    StringSink sink;
    EXPECT_THROW(make_compressor(sink, GetParam(), -1), Error);
    EXPECT_THROW(make_compressor(sink, GetParam(), 99), Error);
}

TEST(Compression, SaysWhichLevelsThereAre) {
    StringSink sink;
    try {
        make_compressor(sink, Compression::gzip, 10);
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "gzip has no level 10\ntry: a level from 1 to 9");
    }
}

TEST(Compression, HasNames) {
    EXPECT_EQ(compression_named("zstd"), Compression::zstd);
    EXPECT_EQ(compression_named("none"), Compression::none);
    EXPECT_EQ(compression_named("lz4"), std::nullopt);
    EXPECT_EQ(detect_compression("ustar"), Compression::none);
    EXPECT_EQ(detect_compression(""), Compression::none);
}

TEST(Compression, OfNoneIsTheContentItself) {
    EXPECT_EQ(pack("abc", Compression::none), "abc");
    EXPECT_EQ(unpack("abc", Compression::none), "abc");
}

TEST(LimitedSource, EndsWhenMoreComesOut) {
    MemorySource exact("12345"), more("123456");
    LimitedSource in_bounds(exact, 5, "layer x"), too_much(more, 5, "layer x");
    EXPECT_EQ(read_all(in_bounds), "12345");
    try {
        read_all(too_much);
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "layer x unpacks to more than 5 bytes");
    }
}

} // namespace
} // namespace coracle
