// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "service/backoff.h"
#include "service/links.h"
#include "service/log_file.h"
#include "service/memlog.h"
#include "service/oci_runtime.h"
#include "service/onboot.h"
#include "service/signals.h"

namespace coracle::guest {
namespace {

TEST(LogFile, KeepsOneOldFileAndAddsToWhatIsThere) {
    TempDir dir;
    write_file(dir / "x.log", "12345\n");
    LogFile log(dir / "x.log", 10);
    log.write("678\n");
    EXPECT_EQ(read_file(dir / "x.log"), "12345\n678\n");
    log.write("a\n");
    EXPECT_EQ(read_file(dir / "x.log"), "a\n");
    EXPECT_EQ(read_file(dir / "x.log.1"), "12345\n678\n");
    log.write("123456789\n");
    EXPECT_EQ(read_file(dir / "x.log.1"), "a\n");
}

TEST(LogFile, RemembersTheLastLine) {
    TempDir dir;
    LogFile log(dir / "x.log");
    EXPECT_EQ(log.last_line(), "");
    log.write("one\ntw");
    EXPECT_EQ(log.last_line(), "one");
    log.write("o\n\nthree");
    EXPECT_EQ(log.last_line(), "two");
    log.write(std::string(5000, 'x') + "\n");
    EXPECT_EQ(log.last_line().size(), 200u);
}

TEST(LogFile, ThatCannotBeWrittenIsDropped) {
    LogFile log("/nonexistent/x.log");
    log.write("lost\n");
    EXPECT_EQ(log.last_line(), "lost");
}

TEST(Backoff, DoublesUpToAMinuteAndStartsAnewAfterALongRun) {
    Backoff backoff;
    EXPECT_EQ(backoff.next(0), 500);
    EXPECT_EQ(backoff.next(0), 1000);
    for (int i = 0; i < 10; ++i)
        backoff.next(100);
    EXPECT_EQ(backoff.next(29999), 60000);
    EXPECT_EQ(backoff.next(30000), 500);
}

TEST(Onboot, NamesContainersWithoutTheirNumber) {
    EXPECT_EQ(plain_name("001-dhcpcd"), "dhcpcd");
    EXPECT_EQ(plain_name("001-"), "001-");
    EXPECT_EQ(plain_name("a01-x"), "a01-x");
    EXPECT_EQ(plain_name("x"), "x");
}

TEST(Signals, ReadsTheMaskOfCaughtSignals) {
    std::string status = "Name:\tx\nSigIgn:\t0000000000004000\nSigCgt:\t0000000000004002\n";
    EXPECT_TRUE(status_catches_signal(status, SIGTERM));
    EXPECT_TRUE(status_catches_signal(status, SIGINT));
    EXPECT_FALSE(status_catches_signal(status, SIGHUP));
    EXPECT_TRUE(status_catches_signal("", SIGTERM));
    EXPECT_FALSE(catches_signal(::getpid(), SIGUSR2));
}

TEST(OciRuntime, IsCalledAsTheSpecificationSays) {
    OciRuntime runtime("/usr/bin/crun", false);
    EXPECT_THAT(
        runtime.create("x", "/b", "/p"),
        testing::ElementsAre("/usr/bin/crun", "create", "--bundle", "/b", "--pid-file", "/p", "x"));
    EXPECT_THAT(runtime.start("x"), testing::ElementsAre("/usr/bin/crun", "start", "x"));
    EXPECT_THAT(OciRuntime("/usr/bin/runc", true).remove("x"),
                testing::ElementsAre("/usr/bin/runc", "--debug", "delete", "--force", "x"));
}

TEST(Links, PutThePeerOfAVethPairInsideTheLink) {
    auto message = new_link({.name = "a", .add = "veth", .peer = "b"}, 0);
    std::string_view attributes = message.bytes();
    attributes.remove_prefix(NLMSG_HDRLEN + sizeof(ifinfomsg));
    EXPECT_EQ(find_attribute(attributes, IFLA_IFNAME), std::string_view("a\0", 2));
    EXPECT_FALSE(find_attribute(attributes, IFLA_NET_NS_PID));
    auto info = find_attribute(attributes, IFLA_LINKINFO);
    ASSERT_TRUE(info);
    EXPECT_EQ(find_attribute(*info, IFLA_INFO_KIND), "veth");
    auto data = find_attribute(*info, IFLA_INFO_DATA);
    auto peer = find_attribute(data.value(), 1);
    EXPECT_EQ(find_attribute(peer->substr(sizeof(ifinfomsg)), IFLA_IFNAME),
              std::string_view("b\0", 2));
}

TEST(Links, AreMadeInTheContainerWhenAskedTo) {
    auto message = new_link({.name = "d0", .add = "dummy"}, 77);
    std::string_view attributes = message.bytes();
    attributes.remove_prefix(NLMSG_HDRLEN + sizeof(ifinfomsg));
    uint32_t process = 0;
    std::memcpy(&process, find_attribute(attributes, IFLA_NET_NS_PID).value().data(),
                sizeof process);
    EXPECT_EQ(process, 77u);
}

TEST(ExternalLog, IsAbsentWithoutADaemon) {
    TempDir dir;
    EXPECT_FALSE(open_external_log("x", dir / "no.sock"));
}

TEST(ExternalLog, SendsTheNameAndADescriptorToReadFrom) {
    TempDir dir;
    std::string path = dir / "log.sock";
    Fd daemon(::socket(AF_UNIX, SOCK_DGRAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(daemon.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);

    auto log = open_external_log("redis", path);
    ASSERT_TRUE(log);
    write_all(log->get(), "hello\n", "pipe");
    log->reset();

    char name[64];
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec text{name, sizeof name};
    msghdr message{};
    message.msg_iov = &text;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ASSERT_EQ(::recvmsg(daemon.get(), &message, 0), 5);
    EXPECT_EQ(std::string_view(name, 5), "redis");
    ASSERT_NE(CMSG_FIRSTHDR(&message), nullptr);
    int received = -1;
    std::memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
    Fd reader(received);
    char line[64];
    EXPECT_EQ(read_some(reader.get(), line, sizeof line, -1, "pipe"), 6u);
    EXPECT_EQ(read_some(reader.get(), line, sizeof line, -1, "pipe"), 0u);
}

} // namespace
} // namespace coracle::guest
