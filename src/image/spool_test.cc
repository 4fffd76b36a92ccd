// SPDX-License-Identifier: Apache-2.0
#include "image/spool.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "base/file.h"
#include "io/memory.h"

namespace coracle {
namespace {

TEST(Spool, GivesAgainWhatWasReadToItsEnd) {
    TempDir dir;
    Spool spool(dir.path());
    MemorySource text("hello");
    auto source = spool.keep(text);
    char start[2];
    source->read(start);
    EXPECT_FALSE(spool.complete());
    EXPECT_EQ(read_all(*source), "llo");
    ASSERT_TRUE(spool.complete());
    EXPECT_EQ(read_all(*spool.open()), "hello");
    EXPECT_EQ(read_all(*spool.open()), "hello");
}

TEST(Spool, OnlyPassesOnWhereThereIsNoRoom) {
    std::string before = std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp";
    ::setenv("TMPDIR", "/nonexistent", 1);
    Spool spool("/nonexistent either");
    MemorySource text("hello");
    auto source = spool.keep(text);
    ::setenv("TMPDIR", before.c_str(), 1);
    EXPECT_EQ(read_all(*source), "hello");
    EXPECT_FALSE(spool.complete());
}

} // namespace
} // namespace coracle
