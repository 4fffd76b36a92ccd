// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"

namespace coracle {
namespace {

TEST(Run, KeepsOutputErrorAndStatus) {
    Outcome outcome = run({{"sh", "-c", "echo out; echo err >&2; exit 3"}});
    EXPECT_EQ(outcome.output, "out\n");
    EXPECT_EQ(outcome.error, "err\n");
    EXPECT_EQ(outcome.status, 3);
}

TEST(Run, TellsTheSignalThatKilled) {
    EXPECT_EQ(run({{"sh", "-c", "kill -TERM $$"}}).status, 128 + 15);
}

TEST(Run, FeedsMoreThanAPipeHolds) {
    std::string input(3 << 20, 'x');
    Command command{{"cat"}};
    command.input = input;
    EXPECT_EQ(run(command).output, input);
}

TEST(Run, OutlivesAProgramThatReadsNothing) {
    Command command{{"true"}};
    command.input.assign(3 << 20, 'x');
    EXPECT_EQ(run(command).status, 0);
}

TEST(Run, OutlivesManyProgramsThatReadNothingAtOnce) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([] {
            Command command{{"true"}};
            command.input.assign(256 << 10, 'x');
            for (int j = 0; j < 20; ++j)
                EXPECT_EQ(run(command).status, 0);
        });
    for (auto& thread : threads)
        thread.join();
}

TEST(Run, GivesAWorkingDirectoryAndVariables) {
    TempDir dir;
    Command command{{"sh", "-c", "pwd -P; echo $CORACLE_TEST; echo $HOME"}};
    command.directory = dir.path();
    command.env = {{"CORACLE_TEST", "a b"}, {"HOME", "/nowhere"}};
    EXPECT_EQ(run_checked(command), dir.path() + "\na b\n/nowhere\n");
}

TEST(Run, ClosesInputThatIsEmpty) { EXPECT_EQ(run_checked({{"cat"}}), ""); }

TEST(Run, SaysWhatCannotBeRun) {
    auto error_of = [](const Command& command) {
        try {
            run(command);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(error_of({{"no-such-program-here"}}),
              "cannot run 'no-such-program-here': no such program in PATH");
    Command command{{"true"}};
    command.directory = "/nowhere";
    EXPECT_EQ(error_of(command), "cannot run 'true': No such file or directory");
}

TEST(RunChecked, ShowsTheLastLinesOfAFailure) {
    try {
        run_checked({{"sh", "-c", "seq 1 20 >&2; exit 2"}});
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(),
                     "'sh' failed with status 2:\n    9\n    10\n    11\n    12\n    13\n    14\n"
                     "    15\n    16\n    17\n    18\n    19\n    20");
    }
}

TEST(FindProgram, TakesOnlyFilesThatCanBeRun) {
    EXPECT_TRUE(find_program("sh"));
    EXPECT_EQ(find_program("no-such-program-here"), std::nullopt);
    EXPECT_EQ(find_program("/etc/passwd"), std::nullopt);
    EXPECT_EQ(find_program("/usr/bin"), std::nullopt); // a directory
}

} // namespace
} // namespace coracle
