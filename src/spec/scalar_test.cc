// SPDX-License-Identifier: Apache-2.0
#include "spec/scalar.h"

#include <gtest/gtest.h>

#include "spec/node.h"

using namespace coracle;

namespace {

ScalarType type_of(std::string_view text) { return resolve_plain(text).type; }

} // namespace

TEST(Scalar, OnlyTrueAndFalseAreBooleans) {
    for (auto word : {"true", "True", "TRUE", "false", "False", "FALSE"})
        EXPECT_EQ(type_of(word), ScalarType::boolean) << word;
    for (auto word : {"yes", "Yes", "no", "on", "off", "y", "n", "tRUE"})
        EXPECT_EQ(type_of(word), ScalarType::text) << word;
}

TEST(Scalar, NothingAndTildeAreNull) {
    for (auto word : {"", "~", "null", "Null", "NULL"})
        EXPECT_EQ(type_of(word), ScalarType::null) << word;
    EXPECT_EQ(type_of("nULL"), ScalarType::text);
}

TEST(Scalar, IntegersInAllBases) {
    EXPECT_EQ(resolve_plain("0644").integer, 0644);
    EXPECT_EQ(resolve_plain("0o644").integer, 0644);
    EXPECT_EQ(resolve_plain("0x1F").integer, 31);
    EXPECT_EQ(resolve_plain("-0b101").integer, -5);
    EXPECT_EQ(resolve_plain("+12").integer, 12);
    EXPECT_EQ(resolve_plain("1_000").integer, 1000);
    EXPECT_EQ(resolve_plain("-9223372036854775808").integer, INT64_MIN);
    EXPECT_EQ(type_of("9223372036854775807"), ScalarType::integer);
    EXPECT_EQ(type_of("9223372036854775808"), ScalarType::real);
}

TEST(Scalar, RealNumbers) {
    for (auto word : {"1.5", ".5", "1e3", "-1.", "+.5e-3", "08", ".inf", ".nan"})
        EXPECT_EQ(type_of(word), ScalarType::real) << word;
    EXPECT_EQ(resolve_plain("1e3").real, 1000);
    EXPECT_EQ(resolve_plain("08").real, 8);
}

TEST(Scalar, WhatOnlyLooksLikeANumberIsText) {
    for (auto word : {"1.2.3", "2001-01-01", "12:30:45", "0x", "-", ".", "1e", "e3", "4.0.5-alpine",
                      "0b12", "<<", "--"})
        EXPECT_EQ(type_of(word), ScalarType::text) << word;
}

TEST(Scalar, QuotesMakeText) {
    EXPECT_EQ(resolve_scalar({.text = "1", .plain = false}).type, ScalarType::text);
    EXPECT_EQ(resolve_scalar({.text = "1", .plain = true}).type, ScalarType::integer);
}

TEST(Scalar, TagsDecide) {
    EXPECT_EQ(resolve_scalar({.text = "1", .plain = true, .tag = "!!str"}).type, ScalarType::text);
    EXPECT_EQ(resolve_scalar({.text = "1", .tag = "!!int"}).type, ScalarType::integer);
    EXPECT_EQ(resolve_scalar({.text = "1", .plain = true, .tag = "!mine"}).type, ScalarType::text);
}
