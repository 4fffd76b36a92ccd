// SPDX-License-Identifier: Apache-2.0
#include "base/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coracle {
namespace {

using testing::MatchesRegex;

/// What is said, elsewhere than on a terminal, of one listed task.
std::string said(Verbosity verbosity, const std::string& result, bool news) {
    testing::internal::CaptureStderr();
    {
        auto reporter = make_reporter(verbosity);
        Task task(*reporter, "init[0] init");
        task.listed();
        task.advance(5);
        task.result(result, news);
    }
    return testing::internal::GetCapturedStderr();
}

TEST(Progress, TellsOfListedTasksThatAreNews) {
    EXPECT_THAT(said(Verbosity::normal, "5 B, made", true),
                MatchesRegex("init\\[0\\] init: 5 B, made \\([0-9.]+ s\\)\n"));
    EXPECT_EQ(said(Verbosity::normal, "5 B, kept", false), "");
    EXPECT_THAT(said(Verbosity::verbose, "5 B, kept", false),
                MatchesRegex("init\\[0\\] init: 5 B, kept \\([0-9.]+ s\\)\n"));
    EXPECT_EQ(said(Verbosity::quiet, "5 B, made", true), "");
    EXPECT_EQ(said(Verbosity::verbose, "", true), ""); // it failed
}

} // namespace
} // namespace coracle
