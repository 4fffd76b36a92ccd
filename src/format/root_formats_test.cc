// SPDX-License-Identifier: Apache-2.0
// The formats whose root is an image of its own, and the ISOs.
#include <filesystem>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/process.h"
#include "format/format.h"
#include "format/tree_image.h"
#include "rootfs/test_system.h"

namespace coracle {
namespace {

using test::System;
using test::TarText;
using testing::ElementsAre;
using testing::HasSubstr;

const char* const yaml = "kernel: {image: 'kernel:1', cmdline: quiet}\n"
                         "init: ['init:1']\n"
                         "services: [{name: app, image: 'app:1'}]\n"
                         "files: [{path: etc/motd, contents: hello}]\n";

using Files = std::map<std::string, std::string>;

class RootFormats : public testing::Test {
protected:
    /// `init` is the program that the init image brings.
    explicit RootFormats(const std::string& init = "an init that knows /etc/initrd-release") {
        system_.image("kernel:1",
                      {TarText()
                           .file("kernel", "KERNEL")
                           .file("kernel.tar", TarText()
                                                   .file("lib/modules/1/kernel/fs/erofs.ko", "M")
                                                   .file("lib/modules/1/kernel/sound/s.ko", "S")
                                                   .file("lib/modules/1/modules.dep", "D")
                                                   .str())
                           .str()});
        system_.image("init:1",
                      {TarText().file("init", init).hard_link("sbin/init", "init").str()});
        system_.image("app:1", {TarText().file("run", "A").file("data", big_).str()});
    }

    /// What a build makes, without a cache of earlier ones.
    Files make(const char* format, unsigned threads = 2) {
        TempDir dir;
        ThreadPool pool(threads);
        SegmentCache cache("");
        Outputs outputs;
        std::vector<ComponentResult> results;
        format_named(format).make({.rootfs = system_.make(yaml),
                                   .base = dir / "os",
                                   .cache = cache,
                                   .pool = pool,
                                   .reporter = silent_reporter()},
                                  outputs, results);
        outputs.commit();
        Files files;
        for (const auto& file : std::filesystem::directory_iterator(dir.path()))
            files[file.path().filename()] = read_file(file.path(), 1 << 30);
        return files;
    }
    static std::vector<std::string> names(const Files& files) {
        std::vector<std::string> all;
        for (const auto& [name, content] : files)
            all.push_back(name);
        return all;
    }
    static std::string pipe(const std::string& command, const std::string& input) {
        Command shell{{"sh", "-c", command}};
        shell.input = input;
        return run_checked(shell);
    }

    std::string big_ = std::string(5'000'000, 'b');
    System system_;
};

TEST_F(RootFormats, AreTheSameOnAnyNumberOfThreads) {
    for (const char* format : {"kernel+squashfs", "kernel+erofs", "kernel+iso", "ext4", "raw"}) {
        Files one = make(format, 1);
        EXPECT_GT(one.size(), 3u);
        EXPECT_TRUE(make(format, 4) == one) << format;
    }
    if (std::filesystem::exists("/usr/lib/ISOLINUX/isolinux.bin")) {
        EXPECT_TRUE(make("iso-bios", 1) == make("iso-bios", 4));
    }
}

TEST_F(RootFormats, BringTheKernelAndAnInitrdThatFindsTheRoot) {
    Files files = make("kernel+erofs");
    EXPECT_THAT(names(files),
                ElementsAre("os-cmdline", "os-erofs.img", "os-kernel", "os-root-initrd.img"));
    EXPECT_EQ(files["os-kernel"], "KERNEL");
    EXPECT_EQ(files["os-cmdline"], "quiet");
    std::string listed = pipe("gzip -dc | cpio -it --quiet", files["os-root-initrd.img"]);
    for (const char* name : {"init\n", "etc/initrd-release\n", "lib/modules/1/kernel/fs/erofs.ko\n",
                             "lib/modules/1/modules.dep\n", "sysroot\n"})
        EXPECT_THAT(listed, HasSubstr(name));
    EXPECT_THAT(listed, testing::Not(HasSubstr("sound")));
    EXPECT_THAT(listed, testing::Not(HasSubstr("motd")));
}

class ForeignInit : public RootFormats {
protected:
    ForeignInit() : RootFormats("some other init") {}
};

TEST_F(ForeignInit, HasNoInitrdOfOurs) {
    EXPECT_THAT(names(make("kernel+squashfs")),
                ElementsAre("os-cmdline", "os-kernel", "os-squashfs.img"));
}

TEST_F(RootFormats, TellMicroVmsWhatToStart) {
    Files files = make("ext4");
    EXPECT_THAT(files["os-firecracker.json"],
                HasSubstr("\"boot_args\": \"quiet root=/dev/vda rootfstype=ext4 ro\""));
    for (const char* name : {"os-vmlinux", "os-root-initrd.img", "os-ext4.img"}) {
        EXPECT_TRUE(files.contains(name)) << name;
        for (const char* configuration : {"os-firecracker.json", "os-cloud-hypervisor.json"})
            EXPECT_THAT(files[configuration], HasSubstr(fmt::format("\"{}\"", name)));
    }
}

TEST_F(RootFormats, HaveKeysOfTheirOwn) {
    const Rootfs& rootfs = system_.make(yaml);
    std::set<std::string> keys;
    for (auto format : {TreeFormat::squashfs, TreeFormat::erofs, TreeFormat::ext4})
        for (bool boot : {false, true})
            keys.insert(tree_key(rootfs, {.format = format, .boot_files = boot}));
    keys.insert(tree_key(rootfs, {.format = TreeFormat::ext4, .size = 1}));
    EXPECT_EQ(keys.size(), 7u);
}

} // namespace
} // namespace coracle
