// SPDX-License-Identifier: Apache-2.0
#include "run/options.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace coracle {
namespace {

template <class Body>
std::string error_of(Body body) {
    try {
        body();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(ParseSize, CountsInMebibytesWithoutASuffix) {
    EXPECT_EQ(parse_size("160", "--mem"), uint64_t{160} << 20);
    EXPECT_EQ(parse_size("2G", "--mem"), uint64_t{2} << 30);
    EXPECT_EQ(parse_size("512k", "--mem"), uint64_t{512} << 10);
    EXPECT_EQ(parse_size("3MiB", "--mem"), uint64_t{3} << 20);
}

TEST(ParseSize, RefusesWhatIsNoSize) {
    for (const char* text : {"", "G", "-1", "1X", "1.5G", "0", "1GG", "99999999999T"})
        EXPECT_EQ(error_of([&] { parse_size(text, "--mem"); }),
                  std::string("--mem '") + text +
                      "' is not a size\ntry: a number of MiB, 512M or 2G");
}

TEST(ParseDisk, KnowsPathSizeAndFormat) {
    auto disk = parse_disk("data.qcow2,size=4G,format=qcow2");
    EXPECT_EQ(disk.path, "data.qcow2");
    EXPECT_EQ(disk.size, uint64_t{4} << 30);
    EXPECT_EQ(disk.format, "qcow2");
    EXPECT_EQ(parse_disk("file=a=b").path, "a=b");
    EXPECT_EQ(parse_disk("size=1024").size, uint64_t{1} << 30);
}

TEST(ParseDisk, RefusesUnknownKeysAndFormats) {
    EXPECT_EQ(error_of([] { parse_disk("a,siez=1G"); }),
              "--disk 'a,siez=1G': 'siez=1G' is not understood\n"
              "try: [file=]PATH[,size=1G][,format=qcow2|raw]");
    EXPECT_EQ(error_of([] { parse_disk("a,format=zip"); }),
              "--disk 'a,format=zip': format 'zip' is not known\n"
              "try: raw, qcow2, vmdk, vpc, vhdx or vdi");
    EXPECT_EQ(error_of([] { parse_disk("format=raw"); }),
              "--disk 'format=raw' has neither a path nor a size");
}

TEST(ParsePublish, KnowsAddressPortsAndProtocol) {
    auto publish = parse_publish("127.0.0.1:5353:53/udp");
    EXPECT_EQ(publish.address, "127.0.0.1");
    EXPECT_EQ(publish.host, 5353);
    EXPECT_EQ(publish.guest, 53);
    EXPECT_TRUE(publish.udp);
    EXPECT_FALSE(parse_publish("6379:6379/tcp").udp);
    EXPECT_EQ(parse_publish("6379:6379").address, "");
}

TEST(ParsePublish, RefusesWhatIsNoPort) {
    EXPECT_EQ(error_of([] { parse_publish("80"); }),
              "--publish '80' names no port of the guest\ntry: --publish HOST:GUEST[/udp]");
    EXPECT_EQ(error_of([] { parse_publish("80:70000"); }),
              "--publish '80:70000': '70000' is not a port");
    EXPECT_EQ(error_of([] { parse_publish(":80"); }), "--publish ':80': '' is not a port");
    EXPECT_EQ(error_of([] { parse_publish("80:80/sctp"); }),
              "--publish '80:80/sctp': 'sctp' is neither tcp nor udp");
    EXPECT_EQ(error_of([] { parse_publish("a,b:80:80"); }),
              "--publish 'a,b:80:80': 'a,b' is not an IPv4 address");
}

TEST(ParseNetworking, TakesAnInterfaceWhereOneIsNeeded) {
    EXPECT_EQ(parse_networking("user").kind, Networking::Kind::user);
    EXPECT_EQ(parse_networking("bridge,br0").interface, "br0");
    EXPECT_EQ(error_of([] { parse_networking("tap"); }), "--networking 'tap' names no interface");
    EXPECT_EQ(error_of([] { parse_networking("none,x"); }),
              "--networking 'none,x' takes no interface");
    EXPECT_EQ(error_of([] { parse_networking("vpn"); }),
              "--networking 'vpn' is not known\ntry: user, bridge,BRIDGE, tap,INTERFACE or none");
}

TEST(ParseArch, KnowsTheNamesOfDebianToo) {
    EXPECT_EQ(parse_arch("amd64"), Arch::x86_64);
    EXPECT_EQ(parse_arch("arm64"), Arch::aarch64);
    EXPECT_EQ(parse_arch("riscv64"), Arch::riscv64);
    EXPECT_THROW(parse_arch("m68k"), UsageError);
}

} // namespace
} // namespace coracle
