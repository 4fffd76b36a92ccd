// SPDX-License-Identifier: Apache-2.0
#include "rootfs/rootfs.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rootfs/test_system.h"

namespace coracle {
namespace {

using test::Recorder;
using test::System;
using test::TarText;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

ImageConfig running(std::string program) {
    ImageConfig config;
    config.cmd = {std::move(program)};
    return config;
}

std::vector<std::string> locations(const Rootfs& rootfs) {
    std::vector<std::string> all;
    for (const auto& component : rootfs.components())
        all.push_back(component->location());
    return all;
}

class RootfsTest : public testing::Test {
protected:
    RootfsTest() {
        system_.kernel("kernel:1", TarText().directory("lib/").file("lib/modules/m", "M").str());
        system_.image("init:1", {TarText().directory("bin/").file("bin/init", "I").str()});
        system_.image("tools:1", {TarText().directory("bin/").file("bin/tool", "T").str()});
        system_.image("app:1",
                      {TarText()
                           .file("run", "A")
                           .hard_link("also", "run")
                           .file("etc/hosts", "theirs")
                           .file(".dockerenv")
                           .str()},
                      running("/run"));
    }
    System system_;
};

const char* const whole = "kernel: {image: 'kernel:1', cmdline: quiet}\n"
                          "init: ['init:1', 'tools:1']\n"
                          "onboot: [{name: first, image: 'app:1'}]\n"
                          "services: [{name: app, image: 'app:1', readonly: true}]\n"
                          "volumes: [{name: data}]\n"
                          "files: [{path: etc/motd, contents: hello}]\n";

TEST_F(RootfsTest, ConsistsOfComponentsInTheirOrder) {
    EXPECT_THAT(locations(system_.make(whole)),
                ElementsAre("kernel", "kernel", "init[0]", "init[1]", "init", "containers",
                            "volume[0]", "onboot[0]", "services[0]", "files"));
}

TEST_F(RootfsTest, EmitsEachPathOnceAndParentsBeforeChildren) {
    Recorder all = system_.record(whole);
    EXPECT_EQ(test::order_fault(all.headers()), "");
    for (const char* path :
         {"boot/kernel", "boot/cmdline", "lib/modules/m", "bin/init", "bin/tool", "etc/motd",
          "containers/onboot/000-first/lower/run", "containers/services/app/config.json",
          "containers/volumes/data/merged"})
        EXPECT_NE(all.find(path), nullptr) << path;
    EXPECT_EQ(all.find("boot/cmdline")->content, "quiet");
}

TEST_F(RootfsTest, TellsWhereEachEntryIsFrom) {
    Recorder all = system_.record(whole);
    auto origin = [&](const char* path) {
        const auto* line = all.find(path);
        return line == nullptr ? "" : line->location + " " + line->source;
    };
    EXPECT_EQ(origin("boot/kernel"), "kernel docker.io/library/kernel:1");
    EXPECT_EQ(origin("lib/modules/m"), "kernel docker.io/library/kernel:1");
    EXPECT_EQ(origin("bin/init"), "init[0] docker.io/library/init:1");
    EXPECT_EQ(origin("bin/tool"), "init[1] docker.io/library/tools:1");
    EXPECT_EQ(origin("bin"), "init[1] docker.io/library/tools:1"); // the last that brings it
    EXPECT_EQ(origin("containers/onboot/000-first/lower/run"), "onboot[0] docker.io/library/app:1");
    EXPECT_EQ(origin("etc/motd"), "files[0] linuxkit.files");
    EXPECT_EQ(origin("containers/volumes/data/lower"), "volume[0] empty");
    EXPECT_EQ(origin("containers/volumes/data/tmp"), "volume[0] linuxkit.volumes");
    // Directories above several components are in the name of the last.
    EXPECT_EQ(origin("containers"), "services[0] docker.io/library/app:1");
    EXPECT_EQ(origin("containers/onboot"), "onboot[0] docker.io/library/app:1");
}

TEST_F(RootfsTest, LaysABundleBelowItsDirectoryWithItsHardLinks) {
    Recorder all = system_.record("services: [{name: app, image: 'app:1'}]\n");
    const auto* link = all.find("containers/services/app/lower/also");
    ASSERT_NE(link, nullptr);
    EXPECT_EQ(link->entry.type, EntryType::hard_link);
    EXPECT_EQ(link->entry.link_target, "containers/services/app/lower/run");
    EXPECT_EQ(all.find("containers/services/app/lower/.dockerenv"), nullptr);
    EXPECT_THAT(all.find("containers/services/app/lower/etc/hosts")->content,
                HasSubstr("127.0.0.1       localhost\n"));
    EXPECT_TRUE(all.find("containers/services/app/rootfs")->entry.is_directory());
    EXPECT_TRUE(all.find("containers/services/app/tmp")->entry.is_directory());
}

TEST_F(RootfsTest, StoresAnImageOnceHoweverManyContainersUseIt) {
    Recorder all = system_.record("services:\n"
                                  "- {name: one, image: 'app:1', readonly: true}\n"
                                  "- {name: two, image: 'app:1', readonly: true}\n");
    EXPECT_NE(all.find("containers/services/one/rootfs/run"), nullptr);
    EXPECT_EQ(all.find("containers/services/two/rootfs/run"), nullptr);
    EXPECT_TRUE(all.find("containers/services/two/rootfs")->entry.is_directory());
    EXPECT_THAT(all.find("containers/services/two/runtime.json")->content,
                HasSubstr("/containers/services/one/rootfs"));
}

TEST_F(RootfsTest, JoinsTheApkDatabasesOfSeveralImages) {
    auto apk = [](const char* name) {
        return TarText().file("lib/apk/db/installed", fmt::format("P:{}\n", name)).str();
    };
    system_.image("a:1", {apk("a")});
    system_.image("b:1", {apk("b")});
    Recorder all = system_.record("init: ['a:1', 'b:1']\n");
    EXPECT_EQ(test::order_fault(all.headers()), "");
    EXPECT_EQ(all.find("lib/apk/db/installed")->content, "P:a\n\n\nP:b\n\n\n");
    EXPECT_EQ(all.find("lib/apk/db/installed")->source, "LINUXKIT.apkinit");
    EXPECT_EQ(system_.record("init: ['a:1', 'init:1']\n").find("lib/apk/db/installed")->content,
              "P:a\n");
}

TEST_F(RootfsTest, LetsFilesReplaceWhatImagesBring) {
    Recorder all = system_.record("init: ['init:1']\n"
                                  "services: [{name: app, image: 'app:1', readonly: true}]\n"
                                  "files:\n"
                                  "- {path: bin/init, contents: ours}\n"
                                  "- {path: containers/services/app/rootfs/run, contents: ours}\n");
    EXPECT_EQ(test::order_fault(all.headers()), "");
    EXPECT_EQ(all.find("bin/init")->content, "ours");
    EXPECT_EQ(all.find("containers/services/app/rootfs/run")->content, "ours");
    // What was a hard link to it keeps what it had.
    EXPECT_EQ(all.find("containers/services/app/rootfs/also")->content, "A");
}

TEST_F(RootfsTest, LetsAFileReplaceADirectoryOfAnImage) {
    Recorder all = system_.record("services: [{name: app, image: 'app:1', readonly: true}]\n"
                                  "files: [{path: containers/services/app/rootfs/etc, "
                                  "symlink: /run/etc}]\n");
    EXPECT_EQ(test::order_fault(all.headers()), "");
    EXPECT_EQ(all.find("containers/services/app/rootfs/etc")->entry.type, EntryType::symlink);
}

TEST_F(RootfsTest, HasKeysThatChangeWithWhatIsPutInAlone) {
    auto keys = [&](const std::string& yaml) {
        std::vector<std::string> all;
        for (const auto& component : system_.make(yaml).components())
            all.push_back(component->key());
        return all;
    };
    auto before = keys(whole);
    EXPECT_EQ(keys(whole), before);
    EXPECT_EQ(std::set(before.begin(), before.end()).size(), before.size());

    std::string edited = whole;
    edited.replace(edited.find("hello"), 5, "world");
    auto after = keys(edited);
    ASSERT_EQ(after.size(), before.size());
    EXPECT_NE(after.back(), before.back());
    after.pop_back();
    before.pop_back();
    EXPECT_EQ(after, before);

    edited = whole;
    edited.replace(edited.find("quiet"), 5, "debug");
    after = keys(edited);
    EXPECT_NE(after[0], before[0]);
    EXPECT_EQ(after[1], before[1]);
    system_.image("app:1", {TarText().file("run", "B").str()}, running("/run"));
    after = keys(whole);
    EXPECT_EQ(after[2], before[2]);
    EXPECT_NE(after[7], before[7]);
}

TEST_F(RootfsTest, KeepsContainersWhenOneBesideThemGetsAnotherImage) {
    system_.image("other:1", {TarText().file("run", "B").str()}, running("/run"));
    auto key_of_first = [&](const std::string& image) {
        const Rootfs& rootfs = system_.make("onboot: [{name: first, image: 'app:1'}]\n"
                                            "services: [{name: app, image: '" +
                                            image + "'}]\n");
        return rootfs.components()[1]->key();
    };
    EXPECT_EQ(key_of_first("app:1"), key_of_first("other:1"));
}

TEST_F(RootfsTest, SaysWhichImageIsMissing) {
    EXPECT_THAT(system_.error_of("init: ['absent:1']\n"),
                HasSubstr("image 'absent:1' is not in the cache"));
    system_.image("empty:1", {TarText().str()});
    EXPECT_EQ(system_.error_of("kernel: {image: 'init:1'}\n"),
              "the kernel image docker.io/library/init:1 has no kernel 'kernel'\n"
              "try: one of its files: bin/init");
    EXPECT_THAT(system_.error_of("kernel: {image: 'kernel:1', tar: other.tar}\n"),
                HasSubstr("has no modules 'other.tar'"));
}

TEST_F(RootfsTest, LeavesOutModulesThatAreNotWanted) {
    EXPECT_EQ(system_.record("kernel: {image: 'kernel:1', tar: none}\n").find("lib/modules/m"),
              nullptr);
}

// Hostile images

TEST_F(RootfsTest, AnImageWhoseEtcAndDevAreLinksStaysInItsBundle) {
    system_.image("links:1",
                  {TarText().symlink("etc", "/host/etc").symlink("dev", "../../../../x").str()},
                  running("/run"));
    Recorder all = system_.record("services: [{name: app, image: 'links:1', readonly: true}]\n");
    EXPECT_EQ(test::order_fault(all.headers()), "");
    for (const auto& line : all.lines)
        EXPECT_TRUE(line.entry.path == TreePath("containers") ||
                    TreePath("containers/services").contains(line.entry.path))
            << line.entry.path.str();
    EXPECT_NE(all.find("containers/services/app/rootfs/host/etc/hosts"), nullptr);
    EXPECT_NE(all.find("containers/services/app/rootfs/x/shm"), nullptr);
    system_.image("circle:1", {TarText().symlink("dev", "../../dev").str()}, running("/run"));
    EXPECT_EQ(system_.error_of("services: [{name: app, image: 'circle:1'}]\n"),
              "too many symbolic links on the way to 'dev'\n"
              "  while unpacking image docker.io/library/circle:1");
}

TEST_F(RootfsTest, AnInitImageCannotLinkTheContainersAway) {
    system_.image("thief:1", {TarText().symlink("containers", "/tmp").str()});
    Recorder all = system_.record("init: ['thief:1']\n"
                                  "services: [{name: app, image: 'app:1'}]\n");
    EXPECT_EQ(test::order_fault(all.headers()), "");
    EXPECT_TRUE(all.find("containers")->entry.is_directory());
}

TEST_F(RootfsTest, AnInitImageCannotBringWhatABundleBrings) {
    system_.image("thief:1", {TarText()
                                  .file("bin/init", "I")
                                  .hard_link("containers/services/app/config.json", "bin/init")
                                  .file("containers/services/app/lower/run", "theirs")
                                  .file("boot/cmdline", "theirs")
                                  .str()});
    const char* containers = "init: ['thief:1']\nservices: [{name: app, image: 'app:1'}]\n";
    Recorder all = system_.record(containers);
    EXPECT_EQ(test::order_fault(all.headers()), "");
    EXPECT_EQ(all.find("containers/services/app/lower/run")->content, "A");
    EXPECT_EQ(all.find("boot/cmdline")->content, "theirs");
    all = system_.record(std::string("kernel: {image: 'kernel:1', cmdline: quiet}\n") + containers);
    EXPECT_EQ(std::ranges::count(all.lines, TreePath("boot/cmdline"),
                                 [](const auto& line) { return line.entry.path; }),
              1);
    EXPECT_EQ(all.find("boot/cmdline")->content, "quiet");
}

TEST_F(RootfsTest, ModulesCannotLeaveTheRoot) {
    system_.kernel("odd:1", TarText().file("../evil").str());
    EXPECT_THAT(system_.error_of("kernel: {image: 'odd:1'}\n"),
                HasSubstr("the name '../evil' leaves its root"));
}

TEST_F(RootfsTest, DevicesAndCapabilitiesAreKept) {
    std::string capability("\x01\0\0\x02", 4);
    system_.image("special:1",
                  {TarText()
                       .device("null", 1, 3)
                       .pax({{"SCHILY.xattr.security.capability", capability}})
                       .add("su", '0', "x", [](UstarHeader& h) { TarText::put(h.mode, "0004755"); })
                       .str()});
    Recorder all = system_.record("init: ['special:1']\n");
    EXPECT_EQ(all.find("null")->entry.type, EntryType::character);
    EXPECT_EQ(all.find("su")->entry.mode, 04755u);
    EXPECT_EQ(all.find("su")->entry.xattrs.at("security.capability"), capability);
}

TEST_F(RootfsTest, WritesNoFileTwiceThatImagesOrFilesBringToo) {
    system_.options.sbom_name = "sbom.spdx.json";
    system_.kernel("kernel:2", TarText().file("boot/cmdline", "of the modules").str());
    system_.image("init:2", {TarText().file("sbom.spdx.json", "{}").file("boot/kernel").str()});
    std::string yaml = "kernel: {image: 'kernel:2', cmdline: quiet}\ninit: ['init:2']\n";
    auto count = [](const Recorder& built, std::string_view path) {
        return std::ranges::count_if(
            built.lines, [&](const auto& line) { return line.entry.path.str() == path; });
    };
    Recorder built = system_.record(yaml);
    for (const char* path : {"sbom.spdx.json", "boot/kernel", "boot/cmdline"})
        EXPECT_EQ(count(built, path), 1) << path;
    EXPECT_EQ(built.find("boot/cmdline")->content, "quiet");
    EXPECT_EQ(built.find("boot/kernel")->content, "KERNEL");
    EXPECT_THAT(built.find("sbom.spdx.json")->content, HasSubstr("SPDX-2.3"));

    built = system_.record(yaml + "files: [{path: boot/cmdline, contents: own},\n"
                                  "        {path: sbom.spdx.json, contents: own}]\n");
    for (const char* path : {"sbom.spdx.json", "boot/kernel", "boot/cmdline"})
        EXPECT_EQ(count(built, path), 1) << path;
    EXPECT_EQ(built.find("boot/cmdline")->content, "own");
    EXPECT_EQ(built.find("sbom.spdx.json")->content, "own");
}

TEST_F(RootfsTest, LimitsHoldForEveryImage) {
    system_.options.limits.unpacked_bytes = 1000;
    for (const char* yaml :
         {"kernel: {image: 'kernel:1'}\n", "init: ['init:1']\n",
          "services: [{name: app, image: 'app:1'}]\n", "volumes: [{name: v, image: 'app:1'}]\n"})
        EXPECT_THAT(system_.error_of(yaml), HasSubstr("the layer unpacks to more than 1000 bytes"));
    system_.options.limits = {};
    system_.options.limits.tree.entries = 6;
    EXPECT_THAT(system_.error_of("init: ['init:1', 'tools:1']\n"),
                HasSubstr("the tree has more than the allowed 6 entries"));
}

} // namespace
} // namespace coracle
