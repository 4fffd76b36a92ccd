// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <gmock/gmock.h>

#include "cli/command.h"

namespace coracle {
namespace {

using testing::ElementsAre;

class ArgumentsTest : public testing::Test {
protected:
    ArgumentsTest() : app_("", "coracle") {
        app_.require_subcommand(1);
        app_.fallthrough();
        app_.add_option("--cache", cache_);
        app_.add_flag("-q,--quiet", quiet_);
        app_.add_option("-v,--verbose", verbose_);
        auto& build = add_command(app_, "build", "");
        add_list(build, "-f,--format", formats_, "");
        build.add_option("FILES", files_);
        add_command(app_, "version", "");
    }
    void parse(std::vector<std::string> words) {
        words = normalise_arguments(app_, std::move(words));
        std::ranges::reverse(words);
        app_.parse(words);
    }
    std::string error_of(std::vector<std::string> words) {
        try {
            parse(std::move(words));
        } catch (const CLI::ParseError& error) {
            return usage_error(app_, error).what();
        }
        return "";
    }
    CLI::App app_;
    std::string cache_;
    bool quiet_ = false;
    int verbose_ = 0;
    std::vector<std::string> formats_, files_;
};

TEST_F(ArgumentsTest, TakesGlobalOptionsBeforeAndAfterTheCommand) {
    parse({"-q", "build", "a.yml", "--cache", "/c", "b.yml", "-v", "2"});
    EXPECT_EQ(cache_, "/c");
    EXPECT_TRUE(quiet_);
    EXPECT_EQ(verbose_, 2);
    EXPECT_THAT(files_, ElementsAre("a.yml", "b.yml"));
}

TEST_F(ArgumentsTest, TakesLongOptionsWithOneDashAsGoDoes) {
    parse({"build", "-format", "tar", "-format=raw-bios", "-f", "iso", "x.yml"});
    EXPECT_THAT(formats_, ElementsAre("tar", "raw-bios", "iso"));
    EXPECT_THAT(files_, ElementsAre("x.yml"));
}

TEST_F(ArgumentsTest, TakesAVerboseWithoutANumberForOne) {
    parse({"-v", "build", "x.yml"});
    EXPECT_EQ(verbose_, 1);
}

TEST_F(ArgumentsTest, TakesFilesThatAreNamedLikeCommands) {
    parse({"build", "version", "build"});
    EXPECT_THAT(files_, ElementsAre("version", "build"));
}

TEST_F(ArgumentsTest, LeavesWordsAfterTwoDashes) {
    parse({"build", "--", "-format", "-v"});
    EXPECT_THAT(files_, ElementsAre("-format", "-v"));
}

TEST_F(ArgumentsTest, SuggestsTheCommandThatWasMeant) {
    EXPECT_EQ(error_of({"buidl", "x.yml"}),
              "unknown command 'buidl'\ntry: build, if that was meant, or coracle --help");
}

TEST_F(ArgumentsTest, SuggestsTheOptionThatWasMeant) {
    EXPECT_EQ(error_of({"build", "--formt=tar", "x.yml"}),
              "unknown option '--formt=tar'\n"
              "try: --format, if that was meant, or coracle build --help");
}

TEST_F(ArgumentsTest, SaysWhereAnOptionOfACommandStands) {
    EXPECT_EQ(error_of({"--format", "build", "x.yml"}),
              "unknown option '--format'\ntry: coracle build --format, behind the command");
}

TEST_F(ArgumentsTest, AsksForACommand) {
    EXPECT_EQ(error_of({}), "no command is given\ntry: coracle --help");
}

TEST_F(ArgumentsTest, NamesTheOptionThatLacksItsValue) {
    EXPECT_EQ(error_of({"build", "--cache"}), "--cache takes a value\ntry: coracle build --help");
}

} // namespace
} // namespace coracle
