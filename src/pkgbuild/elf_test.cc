// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/elf.h"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"

#include <fcntl.h>
#include <unistd.h>

namespace coracle {
namespace {

/// An open file as one slice.
struct Opened {
    explicit Opened(const std::string& path)
        : fd(open_fd(path, O_RDONLY)), slice{fd.get(), 0, std::filesystem::file_size(path), path} {}
    Fd fd;
    FileSlice slice;
};

std::vector<std::string> needed_by_readelf(const std::string& path) {
    std::vector<std::string> names;
    for (const auto& line : split(run_checked({.argv = {"readelf", "-dW", path}}), '\n'))
        if (line.find("(NEEDED)") != line.npos)
            names.push_back(line.substr(line.find('[') + 1, line.rfind(']') - line.find('[') - 1));
    return names;
}

TEST(Elf, AgreesWithReadelf) {
    if (!find_program("readelf"))
        GTEST_SKIP() << "readelf is not installed";
    std::string self = fmt::format("/proc/{}/exe", ::getpid());
    for (const std::string& path :
         {self, std::string("/bin/ls"), std::string("/usr/bin/openssl")}) {
        if (!exists(path))
            continue;
        Opened file(path);
        auto info = read_elf(file.slice);
        ASSERT_TRUE(info) << path;
        EXPECT_EQ(info->needed, needed_by_readelf(path)) << path;
        EXPECT_TRUE(info->interpreter.starts_with("/lib")) << path;
    }
}

TEST(Elf, TellsMachinesApart) {
    EXPECT_EQ(elf_machine("arm64"), 183);
    EXPECT_EQ(elf_machine("z80"), std::nullopt);
}

TEST(Elf, IsNothingForOtherFiles) {
    TempDir directory;
    write_file(directory / "text", std::string(1000, 'x'));
    write_file(directory / "short", "\177ELF");
    EXPECT_FALSE(read_elf(Opened(directory / "text").slice));
    EXPECT_FALSE(read_elf(Opened(directory / "short").slice));
    EXPECT_FALSE(read_elf_section(Opened(directory / "text").slice, ".modinfo"));
}

// Each damaged copy is either read or refused with an Error: no crash, no endless loop, no huge
// memory.
TEST(Elf, SurvivesDamage) {
    std::string good = read_file("/bin/ls");
    TempDir directory;
    std::string path = directory / "damaged";
    unsigned state = 12345;
    auto random = [&] { return state = state * 1664525u + 1013904223u, state >> 8; };
    for (int round = 0; round < 300; ++round) {
        auto bytes = good;
        for (int i = 0; i < 4; ++i)
            bytes[random() % 1024] = static_cast<char>(random());
        if (round % 3 == 0)
            bytes.resize(random() % bytes.size());
        write_file(path, bytes);
        Opened file(path);
        try {
            (void)read_elf(file.slice);
            (void)read_elf_section(file.slice, ".modinfo");
        } catch (const Error&) {
        }
    }
    SUCCEED();
}

TEST(Elf, SaysWhatIsDamaged) {
    TempDir directory;
    std::string bytes = read_file("/bin/ls", 64 << 20).substr(0, 80);
    write_file(directory / "cut", bytes);
    Opened file(directory / "cut");
    try {
        (void)read_elf(file.slice);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message(),
                  fmt::format("'{}' is damaged: it ends early", directory / "cut"));
    }
}

} // namespace
} // namespace coracle
