// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/process.h"
#include "format/format.h"
#include "format/kernel_facts.h"
#include "rootfs/test_system.h"

namespace coracle {
namespace {

using test::System;
using test::TarText;
using testing::HasSubstr;

const char* const yaml = "kernel: {image: 'kernel:1', cmdline: quiet, ucode: ucode.cpio}\n"
                         "init: ['init:1']\n"
                         "services: [{name: app, image: 'app:1'}]\n"
                         "files: [{path: etc/motd, contents: hello}]\n";

class Formats : public testing::Test {
protected:
    Formats() {
        system_.image("kernel:1",
                      {TarText()
                           .file("kernel", "KERNEL")
                           .file("kernel.tar", TarText().file("lib/modules/m", "M").str())
                           .file("ucode.cpio", "070701")
                           .str()});
        system_.image("init:1", {TarText().file("init", "I").hard_link("sbin/init", "init").str()});
        ImageConfig config;
        config.cmd = {"/run"};
        system_.image("app:1", {TarText().file("run", "A").str()}, config);
    }

    /// Builds into `directory`; returns how many components were reused.
    size_t make(const char* format, const std::string& directory,
                std::optional<InitrdCompression> initrd = {}) {
        make_directories(dir_ / directory);
        ThreadPool pool(2);
        Outputs outputs;
        std::vector<ComponentResult> results;
        SegmentCache cache(cache_.directory());
        format_named(format).make({.rootfs = system_.make(yaml),
                                   .base = dir_ / directory + "/os",
                                   .cache = cache,
                                   .pool = pool,
                                   .reporter = silent_reporter(),
                                   .initrd = initrd},
                                  outputs, results);
        outputs.commit();
        return static_cast<size_t>(std::ranges::count(results, true, &ComponentResult::reused));
    }
    std::string read(const std::string& name) { return read_file(dir_ / name); }
    static std::string list(const std::string& command, const std::string& input) {
        Command shell{{"sh", "-c", command}};
        shell.input = input;
        return run_checked(shell);
    }

    TempDir dir_;
    System system_;
    SegmentCache cache_{dir_ / "segments"};
};

const char* const names[] = {"init", "sbin/init", "etc/motd", "lib/modules/m",
                             "containers/services/app/lower/run"};

TEST_F(Formats, TarIsReadByTar) {
    make("tar", "out");
    std::string text = list("tar -tf -", read("out/os.tar"));
    for (const char* name : names)
        EXPECT_THAT(text, HasSubstr(std::string(name) + "\n"));
    EXPECT_THAT(text, HasSubstr("boot/\nboot/cmdline\nboot/kernel\n"));
}

TEST_F(Formats, InitrdIsReadByCpioBehindItsMicrocode) {
    for (auto compression : {Compression::gzip, Compression::zstd, Compression::xz}) {
        make("kernel+initrd", "out", InitrdCompression{compression, 0});
        EXPECT_EQ(read("out/os-kernel"), "KERNEL");
        EXPECT_EQ(read("out/os-cmdline"), "quiet");
        std::string initrd = read("out/os-initrd.img");
        EXPECT_EQ(initrd.substr(0, 8), std::string("070701\0\0", 8)); // padded to words
        std::string text =
            list(std::string(name_of(compression)) + " -dc | cpio -it --quiet", initrd.substr(8));
        for (const char* name : names)
            EXPECT_THAT(text, HasSubstr(std::string(name) + "\n"));
        EXPECT_THAT(text, testing::Not(HasSubstr("boot/kernel")));
    }
}

TEST_F(Formats, TarKernelInitrdHoldsTheSameFiles) {
    make("kernel+initrd", "one");
    make("tar-kernel-initrd", "two");
    make_directories(dir_ / "unpacked");
    run_checked({{"tar", "-C", dir_ / "unpacked", "-xf", dir_ / "two/os-initrd.tar"}});
    EXPECT_EQ(read("unpacked/initrd.img"), read("one/os-initrd.img"));
    EXPECT_EQ(read("unpacked/kernel"), "KERNEL");
    EXPECT_EQ(read("unpacked/cmdline"), "quiet");
    EXPECT_EQ(read("unpacked/ucode.cpio"), "070701");
}

TEST_F(Formats, DockerBringsADockerfile) {
    make("docker", "out");
    EXPECT_THAT(list("tar -xOf - Dockerfile", read("out/os.docker")), HasSubstr("FROM scratch"));
}

TEST_F(Formats, GiveTheSameBytesWithOrWithoutTheCache) {
    EXPECT_EQ(make("tar", "one"), 0u);
    EXPECT_GT(make("tar", "two"), 4u);
    EXPECT_EQ(read("one/os.tar"), read("two/os.tar"));
    EXPECT_GT(cache_.clear(), 0u);
    EXPECT_EQ(make("tar", "three"), 0u);
    EXPECT_EQ(read("one/os.tar"), read("three/os.tar"));
}

TEST_F(Formats, MakeADamagedSegmentAnew) {
    make("tar", "one");
    for (const auto& file : std::filesystem::directory_iterator(dir_ / "segments")) {
        std::string bytes = read_file(file.path());
        bytes[0] = static_cast<char>(bytes[0] ^ 1);
        write_file(file.path(), bytes);
    }
    EXPECT_EQ(make("tar", "two"), 0u);
    EXPECT_EQ(read("one/os.tar"), read("two/os.tar"));
}

TEST_F(Formats, ThatFailLeaveNoOutputAndNoSegment) {
    system_.image("app:1", {TarText().file("../evil").str()});
    try {
        make("tar", "out");
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("the name '../evil' leaves its root"));
        EXPECT_THAT(error.what(), HasSubstr("while making services[0]"));
    }
    EXPECT_TRUE(std::filesystem::is_empty(dir_ / "out"));
}

TEST_F(Formats, RefuseFilesThatNoInitrdCanHold) {
    system_.image("init:1", {TarText().file("TRAILER!!!").str()});
    try {
        make("kernel+initrd", "out");
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("cannot be in an initrd"));
    }
}

TEST(FormatNamed, SuggestsTheNearest) {
    try {
        format_named("kernel+initrt");
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "unknown format 'kernel+initrt'\ntry: --format kernel+initrd");
    }
    EXPECT_THROW(format_named(""), Error);
}

TEST(BzImageVersion, IsReadFromTheHeader) {
    std::string head(0x400, '\0');
    EXPECT_EQ(bzimage_version(head), std::nullopt);
    head.replace(0x202, 4, "HdrS");
    head.replace(0x20e, 2, std::string("\x10\x01", 2));
    head.replace(0x310, 10, std::string("6.12.1 x\0\0", 10));
    EXPECT_EQ(bzimage_version(head), "6.12.1 x");
    head.replace(0x20e, 2, "\xff\xff"); // points outside
    EXPECT_EQ(bzimage_version(head), std::nullopt);
    EXPECT_EQ(bzimage_version(head.substr(0, 0x20f)), std::nullopt);
    EXPECT_EQ(bzimage_version(""), std::nullopt);
}

} // namespace
} // namespace coracle
