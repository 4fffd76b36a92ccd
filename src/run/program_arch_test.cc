// SPDX-License-Identifier: Apache-2.0
#include "run/program_arch.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"

namespace coracle {
namespace {

/// The headers of a program for `machine`, a number of Microsoft's "PE Format".
std::string program_for(std::string_view machine) {
    std::string head(0x200, '\0');
    head.replace(0, 2, "MZ");
    head[0x3c] = 0x40;
    head.replace(0x40, 2, "PE");
    head.replace(0x44, 2, machine);
    head[0x54] = static_cast<char>(240); // bytes of the optional header
    head.replace(0x58, 2, "\x0b\x02");   // of 64 bits
    head[0x79] = 0x10;                   // sections at 4096 bytes in memory
    head[0x7d] = 0x02;                   // and 512 in the file
    return head;
}

class ProgramArch : public testing::Test {
protected:
    std::optional<Arch> of(const std::string& content) {
        write_file(directory_ / "program", content);
        return program_arch(directory_ / "program");
    }
    TempDir directory_;
};

TEST_F(ProgramArch, IsInTheHeaders) {
    EXPECT_EQ(of(program_for("\x64\x86")), Arch::x86_64);
    EXPECT_EQ(of(program_for("\x64\xaa")), Arch::aarch64);
    EXPECT_EQ(of(program_for("\x64\x50")), Arch::riscv64);
}

TEST_F(ProgramArch, IsNotKnownOfOtherFiles) {
    EXPECT_EQ(of(program_for("\x4c\x01")), std::nullopt);
    EXPECT_EQ(of("\x1f\x8b a kernel that is packed"), std::nullopt);
    EXPECT_EQ(of("MZ"), std::nullopt);
    EXPECT_EQ(of(""), std::nullopt);
    EXPECT_THROW(program_arch(directory_ / "nothing"), Error);
}

} // namespace
} // namespace coracle
