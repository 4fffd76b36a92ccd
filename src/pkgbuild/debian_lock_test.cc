// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/debian_lock.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace coracle {
namespace {

const std::string sum(64, 'a');

std::string error_of(const std::string& text) {
    try {
        DebianLock::parse(text, "debian.lock.amd64");
    } catch (const Error& error) {
        return error.message();
    }
    return "";
}

TEST(DebianLock, SaysTheSameAfterReading) {
    DebianLock lock{"trixie: redis-server",
                    {{"redis-server", "5:8.0.2-3+deb13u1", "amd64", sum, 66'576, "pool/r.deb"},
                     {"libc6", "2.41-12", "amd64", sum, 1, "pool/main/g/glibc/libc6.deb"}}};
    auto read = DebianLock::parse(lock.str(), "x");
    EXPECT_EQ(read.str(), lock.str());
    EXPECT_EQ(read.request, "trixie: redis-server");
    ASSERT_EQ(read.debs.size(), 2u);
    EXPECT_EQ(read.debs[0].name, "libc6"); // sorted
    EXPECT_EQ(read.debs[1], lock.debs[0]);
}

TEST(DebianLock, RefusesWhatCouldLeadAstray) {
    EXPECT_EQ(error_of("a b c\n"), "debian.lock.amd64:1: 6 words are needed");
    EXPECT_EQ(error_of("# x\n\na 1 all ../../etc/passwd 1 x\n"),
              "debian.lock.amd64:3: '../../etc/passwd' is no SHA-256");
    EXPECT_EQ(error_of("a 1 all " + sum + " -1 x\n"), "debian.lock.amd64:1: '-1' is no size");
    EXPECT_EQ(error_of("a/b 1 all " + sum + " 1 x\n"),
              "debian.lock.amd64:1: 'a/b 1 all' is no package");
    EXPECT_EQ(error_of("a 1 all " + sum + " 1 /etc/passwd\n"),
              "debian.lock.amd64:1: '/etc/passwd' is no file name in an archive");
    EXPECT_NE(error_of("a 1 all " + sum + " 1 pool/../../x\n"), "");
}

TEST(DebianPackages, AreChosenByArchitecture) {
    DebianContent content;
    content.packages = {"redis-server", "linux-image-cloud-${arch} [amd64 arm64]",
                        "linux-image-riscv64 [riscv64]", "libgcc-s1 [!amd64]"};
    auto on = [&](const char* architecture) {
        return debian_packages(content, Platform::of("linux", architecture));
    };
    EXPECT_EQ(on("amd64"), (std::vector<std::string>{"redis-server", "linux-image-cloud-amd64"}));
    EXPECT_EQ(on("riscv64"),
              (std::vector<std::string>{"redis-server", "linux-image-riscv64", "libgcc-s1"}));
}

TEST(DebianArchitecture, HasDebiansNames) {
    EXPECT_EQ(debian_architecture(Platform::parse("linux/arm/v7")), "armhf");
    EXPECT_EQ(debian_architecture(Platform::parse("linux/ppc64le")), "ppc64el");
    EXPECT_EQ(debian_architecture(Platform::parse("linux/386")), "i386");
    EXPECT_THROW(debian_architecture(Platform::parse("linux/wasm")), Error);
}

TEST(DebianRequest, ChangesWithAllThatDecides) {
    Package package;
    package.debian = DebianContent();
    package.debian->packages = {"a"};
    auto platform = Platform::parse("linux/amd64");
    auto first = debian_request(package, platform);
    EXPECT_EQ(first.substr(0, first.rfind(' ')), "trixie: a; files");
    package.debian->keep = {"/usr/bin/a"};
    EXPECT_NE(debian_request(package, platform), first);
    package.debian->keep.clear();
    package.debian->without = {"perl*"};
    EXPECT_NE(debian_request(package, platform), first);
}

} // namespace
} // namespace coracle
