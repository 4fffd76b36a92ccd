// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace coracle {
namespace {

TEST(Error, TellsMessageFramesAndHintInThisOrder) {
    Error error("blob is missing");
    error.hint("coracle cache pull").frame("while reading layer 2").frame("while building x");
    EXPECT_STREQ(error.what(), "blob is missing\n  while reading layer 2\n  while building x\n"
                               "try: coracle cache pull");
}

TEST(Error, KeepsTheHintNearestToTheCause) {
    EXPECT_EQ(Error("a").hint("first").hint("second").hint(), "first");
}

TEST(Error, NamesTheErrnoOfACall) {
    EXPECT_STREQ(Error::system(ENOENT, "open 'x'").what(),
                 "cannot open 'x': No such file or directory");
}

TEST(Error, StaysOfItsKindWithAHint) {
    EXPECT_THROW(throw UsageError("a").hint("b"), UsageError);
    EXPECT_THROW(throw Diagnostics("a").frame("b"), Diagnostics);
}

TEST(Within, AddsAFrameToWhatLeavesIt) {
    try {
        within([] { return "while trying"; }, [] { throw UsageError("no"); });
        FAIL();
    } catch (const UsageError& error) {
        EXPECT_STREQ(error.what(), "no\n  while trying");
    }
}

} // namespace
} // namespace coracle
