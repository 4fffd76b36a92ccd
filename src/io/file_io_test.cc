// SPDX-License-Identifier: Apache-2.0
#include "io/file_io.h"

#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "io/memory.h"

namespace coracle {
namespace {

class FileIo : public testing::Test {
protected:
    Fd file(const std::string& name, std::string_view content, int flags = 0) {
        write_file(dir_ / name, content);
        return open_fd(dir_ / name, O_RDWR | flags);
    }
    std::string read(const std::string& name) { return read_file(dir_ / name); }

    TempDir dir_;
};

TEST_F(FileIo, SlicesShareADescriptor) {
    Fd fd = file("f", "0123456789");
    FileSource one(fd.get(), "f", 2, 3), two(fd.get(), "f", 8), past(fd.get(), "f", 20, 5);
    char first;
    ASSERT_EQ(one.read({&first, 1}), 1u);
    EXPECT_EQ(read_all(two), "89");
    EXPECT_EQ(read_all(one), "34");
    EXPECT_EQ(read_all(past), "");
}

TEST_F(FileIo, ReadsAWholeFileByName) {
    file("f", "abc");
    FileSource source(dir_ / "f");
    EXPECT_EQ(read_all(source), "abc");
    EXPECT_THROW(FileSource(dir_ / "absent"), Error);
}

TEST_F(FileIo, ReadsAPipeAsItComes) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    Fd in(ends[0]), out(ends[1]);
    std::thread writer([&] {
        write_all(out.get(), "abc", "pipe");
        write_all(out.get(), "def", "pipe");
        out.reset();
    });
    StreamSource source(in.get(), "pipe");
    EXPECT_EQ(read_all(source), "abcdef");
    writer.join();
}

TEST_F(FileIo, WritesSmallAndLargePiecesInOrder) {
    Fd fd = file("out", "");
    FileSink sink(fd.get(), "out");
    std::string expected;
    for (size_t size : {1, 100, 70'000, 60'000, 200'000, 5, 131'072, 131'073}) {
        std::string piece(size, static_cast<char>('a' + size % 26));
        sink.write(piece);
        expected += piece;
        EXPECT_EQ(sink.position(), expected.size());
    }
    sink.finish();
    EXPECT_EQ(read("out"), expected);
}

TEST_F(FileIo, PutsAPieceOfAnotherFileBetweenWrites) {
    Fd from = file("from", "0123456789"), to = file("out", "");
    FileSink sink(to.get(), "out");
    sink.write("<");
    sink.write_file(from.get(), 3, 4);
    sink.write(">");
    sink.finish();
    EXPECT_EQ(sink.position(), 6u);
    EXPECT_EQ(read("out"), "<3456>");
}

TEST_F(FileIo, PutsAFileIntoAPipeOrAFileThatIsAppendedTo) {
    Fd from = file("from", "0123456789"), log = file("log", "x", O_APPEND);
    FileSink appending(log.get(), "log");
    appending.write_file(from.get(), 0, 10);
    appending.finish();
    EXPECT_EQ(read("log"), "x0123456789");

    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    Fd in(ends[0]), out(ends[1]);
    FileSink sink(out.get(), "pipe");
    sink.write_file(from.get(), 5, 5);
    sink.finish();
    out.reset();
    StreamSource source(in.get(), "pipe");
    EXPECT_EQ(read_all(source), "56789");
}

TEST_F(FileIo, RefusesAFileThatIsShorterThanAsked) {
    Fd from = file("from", "0123456789"), to = file("out", "");
    FileSink sink(to.get(), "out");
    try {
        sink.write_file(from.get(), 5, 6);
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "a file became shorter while it was copied");
    }
    StringSink memory;
    EXPECT_THROW(memory.write_file(from.get(), 0, 11), Error);
}

TEST_F(FileIo, TellsOfAFullDisk) {
    Fd full = open_fd("/dev/full", O_WRONLY);
    FileSink sink(full.get(), "out.img");
    sink.write("x");
    try {
        sink.finish();
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "cannot write 'out.img': No space left on device");
    }
}

TEST(Source, ReadsExactlyOrSaysWhatIsTruncated) {
    MemorySource memory("abc");
    char buffer[4];
    try {
        read_exactly(memory, buffer, "the header");
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "the header is truncated");
    }
}

TEST(Source, ReadsAllWithinALimit) {
    MemorySource one("abcd"), two("abcd");
    EXPECT_EQ(read_all(one, 4), "abcd");
    EXPECT_THROW(read_all(two, 3), Error);
}

TEST(Source, SkipsAsFarAsItGoes) {
    MemorySource memory("abcdef");
    EXPECT_EQ(skip(memory, 2), 2u);
    EXPECT_EQ(skip(memory), 4u);
    EXPECT_EQ(skip(memory), 0u);
}

TEST(Sink, CopiesZerosAndCounts) {
    StringSink text;
    CountingSink sink(text);
    write_zeros(sink, 5000);
    MemorySource source("x");
    EXPECT_EQ(copy(source, sink), 1u);
    EXPECT_EQ(sink.count(), 5001u);
    EXPECT_EQ(text.str(), std::string(5000, '\0') + "x");
}

} // namespace
} // namespace coracle
