// SPDX-License-Identifier: Apache-2.0
// Streams made to fill memory or disks, or to be taken for more or less than they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/process.h"
#include "io/compress.h"
#include "io/memory.h"

namespace coracle {
namespace {

using testing::HasSubstr;
using namespace std::string_view_literals;

std::string error_of(std::string_view bytes, Compression compression, uint64_t limit = 1 << 20) {
    try {
        MemorySource source(bytes);
        auto plain = make_decompressor(source, compression);
        LimitedSource limited(*plain, limit, "layer");
        skip(limited);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

/// 64 MiB of zeros, packed.
std::string bomb(Compression compression) {
    StringSink bytes;
    auto packed = make_compressor(bytes, compression, 1);
    std::string zeros(1 << 20, '\0');
    for (int i = 0; i < 64; ++i)
        packed->write(zeros);
    packed->finish();
    return bytes.take();
}

TEST(HostileStream, BombsAreStoppedAtTheLimit) {
    for (auto compression : {Compression::gzip, Compression::zstd, Compression::xz}) {
        std::string bytes = bomb(compression);
        EXPECT_LT(bytes.size(), 1u << 19);
        EXPECT_EQ(error_of(bytes, compression), "layer unpacks to more than 1048576 bytes");
    }
}

TEST(HostileStream, AZstdWindowOfTwoGigabytesIsRefused) {
    // Frame header: no checksum, no size, window descriptor 2^31; then one raw block.
    EXPECT_EQ(error_of("\x28\xb5\x2f\xfd\x00\xa8\x09\x00\x00x"sv, Compression::zstd),
              "the zstd stream is damaged: Frame requires too much memory for decoding");
}

TEST(HostileStream, AZstdWindowThatIsAllowedIsRead) {
    Command command{{"zstd", "-c", "--ultra", "-22", "--long=27"}};
    command.input.assign(1 << 16, 'x');
    EXPECT_EQ(error_of(run_checked(command), Compression::zstd), "");
}

TEST(HostileStream, AnXzDictionaryOfOverAGigabyteIsRefused) {
    Command command{{"xz", "-c", "--lzma2=preset=0,dict=1536MiB", "--memlimit-compress=0"}};
    command.input = "x";
    Outcome outcome = run(command);
    if (outcome.status != 0)
        GTEST_SKIP() << outcome.error;
    EXPECT_EQ(error_of(outcome.output, Compression::xz),
              "the xz stream needs more than 268435456 bytes of memory");
}

TEST(HostileStream, ManyEmptyMembersEnd) {
    StringSink one;
    make_compressor(one, Compression::gzip)->finish();
    std::string bytes;
    for (int i = 0; i < 20'000; ++i)
        bytes += one.str();
    EXPECT_EQ(error_of(bytes, Compression::gzip), "");
}

TEST(HostileStream, ManySkippableZstdFramesEnd) {
    StringSink one;
    auto packed = make_compressor(one, Compression::zstd);
    packed->write("x");
    packed->finish();
    std::string bytes;
    for (int i = 0; i < 20'000; ++i)
        bytes += "\x50\x2a\x4d\x18\x00\x00\x00\x00"sv;
    EXPECT_EQ(error_of(bytes + one.str(), Compression::zstd), "");
    EXPECT_EQ(error_of(bytes + "\x50\x2a\x4d\x18\xff\xff\xff\xff", Compression::zstd),
              "the zstd stream is truncated");
}

TEST(HostileStream, AnEmptyFileIsNoStream) {
    EXPECT_EQ(error_of("", Compression::gzip), "the gzip stream is truncated");
    EXPECT_EQ(error_of("", Compression::zstd), "the zstd stream is truncated");
    EXPECT_EQ(error_of("", Compression::xz), "the xz stream is truncated");
}

TEST(HostileStream, OneMemberInAnotherStaysPacked) {
    StringSink inner, outer;
    auto packed = make_compressor(inner, Compression::gzip);
    packed->write("x");
    packed->finish();
    auto twice = make_compressor(outer, Compression::gzip);
    twice->write(inner.str());
    twice->finish();
    MemorySource source(outer.str());
    EXPECT_EQ(read_all(*make_decompressor(source, Compression::gzip)), inner.str());
}

} // namespace
} // namespace coracle
