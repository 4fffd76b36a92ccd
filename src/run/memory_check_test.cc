// SPDX-License-Identifier: Apache-2.0
#include "run/memory_check.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "io/compress.h"
#include "io/memory.h"

namespace coracle {
namespace {

std::string packed(const std::string& content, Compression compression) {
    StringSink text;
    auto sink = make_compressor(text, compression);
    sink->write(content);
    sink->finish();
    return text.take();
}

/// An archive with one file of `size` bytes, as GNU cpio makes it.
std::string cpio_with(size_t size) {
    TempDir directory;
    write_file(directory / "file", std::string(size, 'x'));
    return run_checked({.argv = {"cpio", "--quiet", "-o", "-H", "newc"},
                        .directory = directory.path(),
                        .input = "file\n"});
}

TEST(MeasureInitrd, CountsWhatEachCompressionUnpacksTo) {
    TempDir directory;
    std::string archive = cpio_with(100'000);
    for (auto compression : {Compression::gzip, Compression::zstd, Compression::xz}) {
        std::string file = packed(archive, compression);
        write_file(directory / "initrd", file);
        auto size = measure_initrd(directory / "initrd");
        ASSERT_TRUE(size);
        EXPECT_EQ(size->packed, file.size());
        EXPECT_EQ(size->unpacked, archive.size());
    }
}

TEST(MeasureInitrd, AddsPlainMicrocodeBeforeManyMembers) {
    TempDir directory;
    std::string microcode = cpio_with(5'000), archive = cpio_with(70'000);
    std::string members = packed(archive, Compression::gzip) + packed(archive, Compression::gzip);
    write_file(directory / "initrd", microcode + std::string(512, '\0') + members);
    auto size = measure_initrd(directory / "initrd");
    ASSERT_TRUE(size);
    EXPECT_GE(size->unpacked, 2 * archive.size() + 5'000);
    EXPECT_LE(size->unpacked, 2 * archive.size() + microcode.size());
}

TEST(MeasureInitrd, DoesNotGuessAtAnUnknownPacking) {
    TempDir directory;
    write_file(directory / "initrd", "BZh91AY&SY");
    EXPECT_FALSE(measure_initrd(directory / "initrd"));
}

TEST(MemoryNeeded, HoldsTheRootTwiceUnlessItIsARamfs) {
    InitrdSize size{uint64_t{20} << 20, uint64_t{60} << 20};
    EXPECT_EQ(memory_needed(size, "console=ttyS0") - memory_needed(size, "rootfstype=ramfs"),
              size.unpacked);
    EXPECT_EQ(memory_needed(size, "rootfstype=tmpfs"), memory_needed(size, ""));
}

TEST(CheckMemory, SaysHowMuchIsNeeded) {
    TempDir directory;
    write_file(directory / "initrd", cpio_with(40 << 20));
    try {
        check_memory(uint64_t{96} << 20, directory / "initrd", "");
        FAIL();
    } catch (const Error& error) {
        EXPECT_TRUE(error.message().starts_with("96.0 MiB is too little memory: '"))
            << error.what();
        EXPECT_EQ(error.hint(), "--mem 192");
    }
    check_memory(uint64_t{192} << 20, directory / "initrd", "");
}

} // namespace
} // namespace coracle
