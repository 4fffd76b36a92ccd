// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/rtnetlink.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/file.h"
#include "common/cmdline.h"
#include "common/directory.h"
#include "common/ending.h"
#include "common/mount.h"
#include "common/netlink.h"
#include "common/spawn.h"
#include "common/words.h"

namespace coracle::guest {
namespace {

MountOptions parse(std::vector<std::string> options) { return parse_mount_options(options); }

TEST(MountOptions, SortsFlagsPropagationAndData) {
    auto result = parse({"nosuid", "rshared", "size=10%", "nodev", "mode=755"});
    EXPECT_EQ(result.flags, MS_NOSUID | MS_NODEV);
    EXPECT_EQ(result.propagation, MS_SHARED | MS_REC);
    EXPECT_EQ(result.data, "size=10%,mode=755");
}

TEST(MountOptions, LetTheLaterOneWin) {
    EXPECT_EQ(parse({"ro", "rw"}).flags, 0u);
    EXPECT_EQ(parse({"rw", "ro"}).flags, static_cast<unsigned long>(MS_RDONLY));
    EXPECT_EQ(parse({"defaults"}).flags, 0u);
    EXPECT_EQ(parse({"defaults"}).data, "");
}

TEST(Mount, SaysWhatCannotBeMounted) {
    try {
        mount({.source = "x", .target = "/nowhere/at/all", .type = "tmpfs", .options = {}});
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.message(),
                    testing::StartsWith("cannot mount tmpfs on '/nowhere/at/all': "));
    }
}

TEST(KernelCommandLine, FindsTheLastValueOfAKey) {
    KernelCommandLine line("quiet a=1 console=ttyS0 a=2 ab=3\n");
    EXPECT_EQ(line.value("a"), "2");
    EXPECT_EQ(line.value("quiet"), "");
    EXPECT_EQ(line.value("absent"), std::nullopt);
    EXPECT_EQ(line.words().size(), 5u);
}

TEST(KernelCommandLine, KeepsSpacesInsideQuotes) {
    KernelCommandLine line("x=\"a b\" y");
    EXPECT_EQ(line.value("x"), "a b");
    EXPECT_EQ(line.value("y"), "");
}

TEST(KernelCommandLine, KnowsWhatIsEnabled) {
    KernelCommandLine line("linuxkit.runc_debug=1 b=0 c");
    EXPECT_TRUE(line.enabled("linuxkit.runc_debug"));
    EXPECT_FALSE(line.enabled("b"));
    EXPECT_TRUE(line.enabled("c"));
    EXPECT_FALSE(line.enabled("d"));
}

TEST(Words, SplitsAtSpacesAndTabs) {
    EXPECT_THAT(words_of("  a \t b"), testing::ElementsAre("a", "b"));
    EXPECT_THAT(words_of(" \t"), testing::IsEmpty());
}

TEST(Ending, FollowsTheSignalsOfBusyBoxInit) {
    EXPECT_EQ(ending_for(SIGTERM), Ending::reboot);
    EXPECT_EQ(ending_for(SIGINT), Ending::reboot);
    EXPECT_EQ(ending_for(SIGUSR1), Ending::halt);
    EXPECT_EQ(ending_for(SIGUSR2), Ending::poweroff);
    EXPECT_EQ(ending_for(SIGPWR), Ending::poweroff);
    EXPECT_EQ(ending_for(SIGCHLD), std::nullopt);
}

TEST(Ending, IsNamedAsTheCommandsAre) {
    EXPECT_EQ(ending_named("poweroff"), Ending::poweroff);
    EXPECT_EQ(ending_named("reboot"), Ending::reboot);
    EXPECT_EQ(ending_named("halt"), Ending::halt);
    EXPECT_EQ(ending_named(""), std::nullopt);
    EXPECT_EQ(ending_named("start"), std::nullopt);
}

TEST(Directory, ListsNamesInOrder) {
    TempDir dir;
    write_file(dir / "010-b", "");
    write_file(dir / "005-a", "");
    EXPECT_THAT(names_in(dir.path()), testing::ElementsAre("005-a", "010-b"));
    EXPECT_THAT(names_in(dir / "absent"), testing::IsEmpty());
}

TEST(Directory, MakesAllThatIsMissing) {
    TempDir dir;
    make_path(dir / "a/b/c");
    make_path(dir / "a/b/c");
    EXPECT_TRUE(is_directory(dir / "a/b/c"));
}

TEST(Directory, DoesNotTakeAFileForADirectory) {
    TempDir dir;
    write_file(dir / "file", "");
    EXPECT_THROW(make_path(dir / "file"), Error);
    EXPECT_THROW(make_path(dir / "file/below"), Error);
}

TEST(Netlink, FindsAttributesInNests) {
    NetlinkMessage message(RTM_NEWLINK, 0);
    size_t nest = message.open(7);
    message.text(1, "abc").attribute(2, uint32_t{5});
    message.close(nest);
    std::string_view bytes = message.bytes();
    auto outer = find_attribute(bytes.substr(NLMSG_HDRLEN), 7);
    ASSERT_TRUE(outer);
    EXPECT_EQ(find_attribute(*outer, 1), std::string_view("abc\0", 4));
    EXPECT_EQ(find_attribute(*outer, 2)->size(), 4u);
    EXPECT_FALSE(find_attribute(*outer, 3));
}

TEST(Netlink, StopsAtBrokenAttributes) {
    EXPECT_FALSE(find_attribute(std::string_view("\0\0\0\0\0\0\0\0", 8), 0));
    EXPECT_FALSE(find_attribute(std::string_view("\xff\0\1\0", 4), 1));
    EXPECT_FALSE(find_attribute("ab", 1));
}

TEST(Netlink, TellsWhatTheKernelAnswers) {
    NetlinkSocket socket(NETLINK_ROUTE);
    NetlinkMessage message(RTM_SETLINK, 0);
    message.structure(ifinfomsg{}).text(IFLA_IFNAME, "nosuchlink0");
    try {
        socket.request(message, "change 'nosuchlink0'");
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.message(), testing::StartsWith("cannot change 'nosuchlink0': "));
    }
}

TEST(Spawn, TellsExitStatusAsAShellDoes) {
    int status = 0;
    pid_t child = spawn({.argv = {"/bin/sh", "-c", "exit 3"}});
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(exit_status(status), 3);
    child = spawn({.argv = {"/bin/sh", "-c", "kill -TERM $$"}});
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(exit_status(status), 128 + SIGTERM);
}

TEST(Spawn, SaysWhyAProgramCannotRun) {
    try {
        spawn({.argv = {"/no/such/program"}});
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message(), "cannot run '/no/such/program': No such file or directory");
    }
}

} // namespace
} // namespace coracle::guest
