// SPDX-License-Identifier: Apache-2.0
#include "build/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"

namespace coracle {
namespace {

std::string error_of(std::string_view text) {
    Limits limits;
    try {
        set_limit(limits, text);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "";
}

TEST(Limits, AreSetByName) {
    Limits limits;
    set_limit(limits, "unpacked=16G");
    set_limit(limits, "entries=1000");
    set_limit(limits, "name=200");
    set_limit(limits, "header=64K");
    set_limit(limits, "headers=3M");
    set_limit(limits, "values=50");
    EXPECT_EQ(limits.layers.tar.bytes, uint64_t{16} << 30);
    EXPECT_EQ(limits.layers.unpacked_bytes, uint64_t{17} << 30);
    EXPECT_EQ(limits.layers.tar.entries, 1000u);
    EXPECT_EQ(limits.layers.tree.entries, 2000u);
    EXPECT_EQ(limits.layers.tar.name_bytes, 200u);
    EXPECT_EQ(limits.layers.tar.header_bytes, 64u << 10);
    EXPECT_EQ(limits.layers.tar.all_header_bytes, 3u << 20);
    EXPECT_EQ(limits.layers.tree.header_bytes, 6u << 20);
    EXPECT_EQ(limits.values, 50u);
}

TEST(Limits, ThatAreUnknownOrNoNumbersAreRefused) {
    EXPECT_EQ(error_of("files=3"), "--limit has no 'files'\n"
                                   "try: one of unpacked, entries, name, header, headers, values");
    EXPECT_EQ(error_of("entries"), "--limit 'entries' is not entries=NUMBER\n"
                                   "try: the default is entries=4000000");
    EXPECT_EQ(error_of("name=4096"), "--limit 'name=4096' is not name=NUMBER\n"
                                     "try: a number from 1 to 4095");
    for (const char* text : {"entries=", "entries=-1", "entries=0", "entries=1K", "unpacked=K",
                             "unpacked=99999999T", "unpacked=1.5G", "entries=18446744073709551616"})
        EXPECT_NE(error_of(text), "") << text;
}

TEST(Limits, AreInTheDocumentation) {
    EXPECT_THAT(read_file("docs/limits.md"), ::testing::HasSubstr(limits_page()));
}

} // namespace
} // namespace coracle
