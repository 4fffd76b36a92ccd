// SPDX-License-Identifier: Apache-2.0
#include "spec/diagnoser.h"

#include <gtest/gtest.h>

#include "base/error.h"

using namespace coracle;

TEST(Diagnoser, ShowsTheLineAndACaret) {
    Location at{.file = "redis-os.yml", .line = 2, .column = 5, .width = 11};
    EXPECT_EQ(format_diagnostic(at, "services:\n    capabilitis: [all]\n", "error",
                                "unknown key 'capabilitis'", "did you mean 'capabilities'?"),
              "redis-os.yml:2:5: error: unknown key 'capabilitis'\n"
              "    2 |     capabilitis: [all]\n"
              "      |     ^~~~~~~~~~~\n"
              "did you mean 'capabilities'?");
}

TEST(Diagnoser, LeavesTheLineOutWhereThereIsNone) {
    EXPECT_EQ(format_diagnostic({.file = "a.yml", .line = 7, .column = 1}, "x\n", "error", "no"),
              "a.yml:7:1: error: no");
    EXPECT_EQ(format_diagnostic({.file = "a.yml"}, "x\n", "warning", "no"), "a.yml: warning: no");
    EXPECT_EQ(format_diagnostic({}, "x\n", "error", "no"), "error: no");
}

TEST(Diagnoser, MakesControlCharactersHarmless) {
    EXPECT_EQ(
        format_diagnostic({.file = "f", .line = 1, .column = 3}, "\t\x1b[2J!\n", "error", "m"),
        "f:1:3: error: m\n    1 |  ?[2J!\n      |   ^");
}

TEST(Diagnoser, CountsCharactersNotBytes) {
    EXPECT_EQ(format_diagnostic({.file = "f", .line = 1, .column = 4, .width = 2}, "äöü: no",
                                "error", "m"),
              "f:1:4: error: m\n    1 | äöü: no\n      |    ^~");
}

TEST(Diagnoser, CutsLongLinesAroundTheCaret) {
    std::string line(1000, 'a');
    line[500] = 'b';
    auto text = format_diagnostic({.file = "f", .line = 1, .column = 501}, line, "error", "m");
    EXPECT_LT(text.size(), 300u);
    auto shown = text.find('b') - text.find(" | ");
    EXPECT_EQ(text.find('^') - text.rfind(" | "), shown);
}

TEST(Diagnoser, ThrowsAllErrorsTogether) {
    Diagnoser diagnoser("f", "one\ntwo\n");
    diagnoser.error({.line = 1, .column = 1}, "first");
    diagnoser.error({.line = 2, .column = 1}, "second");
    try {
        diagnoser.finish();
        FAIL();
    } catch (const Diagnostics& error) {
        EXPECT_STREQ(error.what(), "f:1:1: error: first\n    1 | one\n      | ^\n"
                                   "f:2:1: error: second\n    2 | two\n      | ^");
    }
}

TEST(Diagnoser, GivesUpAfterTen) {
    Diagnoser diagnoser("f", "");
    for (int i = 1; i < 10; ++i)
        diagnoser.error({.line = i, .column = 1}, "bad");
    EXPECT_THROW(diagnoser.error({.line = 10, .column = 1}, "bad"), Diagnostics);
}
