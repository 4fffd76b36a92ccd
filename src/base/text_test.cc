// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/process.h"

namespace coracle {
namespace {

using testing::ElementsAre;
using namespace std::string_view_literals;

TEST(Split, KeepsEmptyParts) {
    EXPECT_THAT(split("a::b:", ':'), ElementsAre("a", "", "b", ""));
    EXPECT_THAT(split("", ':'), ElementsAre(""));
}

TEST(Join, PutsTheSeparatorBetween) {
    std::vector<std::string> parts{"a", "", "b"};
    EXPECT_EQ(join(parts, ", "), "a, , b");
    EXPECT_EQ(join({}, ", "), "");
}

TEST(Trim, TakesWhiteSpaceFromBothEnds) {
    EXPECT_EQ(trim(" \t a b\r\n"), "a b");
    EXPECT_EQ(trim(" \n"), "");
}

TEST(ParseNumber, TakesDigitsAlone) {
    EXPECT_EQ(parse_number("0"), 0u);
    EXPECT_EQ(parse_number("18446744073709551615"), UINT64_MAX);
    EXPECT_EQ(parse_number("ff", 16), 255u);
    for (const char* text :
         {"", "-1", "+1", " 1", "1 ", "1.0", "0x10", "1e3", "18446744073709551616"})
        EXPECT_EQ(parse_number(text), std::nullopt) << text;
    EXPECT_EQ(parse_number("8", 8), std::nullopt);
}

TEST(ToHex, IsLowerCase) { EXPECT_EQ(to_hex("\x00\xAB\x7f"sv), "00ab7f"); }

TEST(HumanSize, ChoosesTheUnitWithAtMostFourDigits) {
    EXPECT_EQ(human_size(0), "0 B");
    EXPECT_EQ(human_size(1023), "1023 B");
    EXPECT_EQ(human_size(1024), "1.0 KiB");
    EXPECT_EQ(human_size(4608), "4.5 KiB");
    EXPECT_EQ(human_size((1 << 20) - 1), "1.0 MiB"); // not 1024.0 KiB
    EXPECT_EQ(human_size(101607014), "96.9 MiB");
    EXPECT_EQ(human_size(UINT64_MAX), "16.0 EiB");
}

TEST(ShellQuote, LeavesPlainWords) {
    EXPECT_EQ(shell_quote("--name=a/b:c,d@e%f"), "--name=a/b:c,d@e%f");
    EXPECT_EQ(shell_quote(""), "''");
    EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
}

TEST(ShellQuote, IsReadBackByAShell) {
    for (std::string word : {"a b", "$HOME", "`id`", "a'b\"c", "\\", "*", "a\nb", "~", "!", "#x"})
        EXPECT_EQ(run_checked({{"sh", "-c", "printf %s " + shell_quote(word)}}), word);
}

TEST(DidYouMean, FindsTheNearest) {
    std::vector<std::string_view> keys{"capabilities", "command", "cwd", "net"};
    EXPECT_EQ(did_you_mean("capabilitis", keys), "capabilities");
    EXPECT_EQ(did_you_mean("comand", keys), "command");
    EXPECT_EQ(did_you_mean("nte", keys), "net");
    EXPECT_EQ(did_you_mean("cmd", keys), "cwd");
}

TEST(DidYouMean, SaysNothingOfWhatIsFar) {
    std::vector<std::string_view> keys{"capabilities", "command", "cwd", "net"};
    EXPECT_EQ(did_you_mean("hostname", keys), std::nullopt);
    EXPECT_EQ(did_you_mean("", keys), std::nullopt);
    EXPECT_EQ(did_you_mean("x", {}), std::nullopt);
    EXPECT_EQ(did_you_mean(std::string(1 << 20, 'c'), keys), std::nullopt);
}

TEST(Printable, ShowsWhatATerminalWouldObey) {
    EXPECT_EQ(printable("caf\xc3\xa9 a\tb\nc"), "caf\xc3\xa9 a\tb\nc");
    EXPECT_EQ(printable("\x1b[2J\r\x07\x7f\0"sv), "\\x1b[2J\\x0d\\x07\\x7f\\x00");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m"),
              "\\xc2\\x9b"
              "31m"); // CSI as a single character
}

} // namespace
} // namespace coracle
