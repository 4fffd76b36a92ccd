// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "archive/cpio_writer.h"
#include "archive/tar_writer.h"
#include "base/error.h"
#include "inspect/container.h"
#include "inspect/difference.h"
#include "inspect/open.h"
#include "inspect/report.h"
#include "io/memory.h"
#include "rootfs/test_system.h"

namespace coracle {
namespace {

using test::System;
using test::TarText;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* yaml =
    "init: ['init:1']\n"
    "services:\n"
    "  - {name: app, image: 'app:1', binds.add: ['/x:/y'], readonly: true}\n";

/// A small system, built as a tar and as an initrd.
class InspectTest : public testing::Test {
protected:
    InspectTest() {
        system_.image("init:1", {TarText()
                                     .directory("bin/")
                                     .file("bin/init", "I")
                                     .hard_link("bin/again", "bin/init")
                                     .symlink("sbin", "bin")
                                     .str()});
        ImageConfig config;
        config.cmd = {"/bin/app", "two words"};
        config.labels["org.mobyproject.config"] =
            R"({"capabilities": ["CAP_KILL"], "binds": ["/a:/b"],)"
            R"( "devices": [{"path": "/dev/kvm", "type": "c", "major": 10, "minor": 232, "mode": "0660"}, {"path": "all", "type": "b"}]})";
        system_.image("app:1", {TarText().file("app", "APP").str()}, config);
    }

    std::string tar(const std::string& name, const std::string& text = yaml) {
        StringSink sink;
        TarWriter writer(sink);
        return write(name, text, writer, sink);
    }
    std::string initrd(const std::string& name, const std::string& text = yaml) {
        StringSink sink;
        CpioWriter writer(sink, 7);
        return write(name, text, writer, sink);
    }
    std::string write(const std::string& name, const std::string& text, EntrySink& writer,
                      StringSink& sink) {
        for (const auto& component : system_.make(text).components())
            component->emit(writer);
        writer.finish();
        std::string path = system_.dir / name;
        write_file(path, sink.str());
        return path;
    }
    Contents read(const std::string& what) {
        return read_contents(what, {.cache = system_.store.directory(),
                                    .platform = system_.options.platform,
                                    .hash = true});
    }
    std::string error_of(const std::string& what) {
        try {
            read(what);
        } catch (const Error& error) {
            return error.message();
        }
        return "";
    }
    static std::vector<std::string> locations(const Contents& contents) {
        std::vector<std::string> all;
        for (const auto& component : contents.components)
            all.push_back(component.location + " " + component.source);
        return all;
    }

    System system_;
};

TEST_F(InspectTest, ShowsTheComponentsAndContainersOfATar) {
    Contents contents = read(tar("os.tar"));
    EXPECT_EQ(contents.kind, "tar");
    EXPECT_THAT(locations(contents), ElementsAre("init[0] docker.io/library/init:1",
                                                 "services[0] docker.io/library/app:1"));
    EXPECT_EQ(contents.bytes, contents.components[0].bytes + contents.components[1].bytes);
    ASSERT_EQ(contents.containers.size(), 1u);
    ContainerFacts facts = facts_of(contents.containers[0]);
    EXPECT_EQ(contents.containers[0].name, "app");
    EXPECT_EQ(contents.containers[0].section, "services");
    EXPECT_THAT(facts.command, ElementsAre("/bin/app", "two words"));
    EXPECT_THAT(facts.capabilities, ElementsAre("CAP_KILL"));
    EXPECT_THAT(facts.devices, ElementsAre("all", "/dev/kvm"));
    EXPECT_TRUE(facts.readonly);
    std::string text = text_of(contents);
    EXPECT_THAT(text, HasSubstr("\nservices app\n"
                                "  image         docker.io/library/app:1\n"
                                "  command       /bin/app 'two words'\n"));
    EXPECT_THAT(text, HasSubstr("  binds         /a -> /b\n                /x -> /y\n"));
    EXPECT_THAT(text, HasSubstr("  capabilities  KILL\n"));
    EXPECT_THAT(text, HasSubstr("  root          read-only\n"));
}

TEST_F(InspectTest, GroupsAnInitrdByItsBundles) {
    Contents contents = read(initrd("os-initrd.img"));
    EXPECT_EQ(contents.kind, "initrd");
    EXPECT_THAT(locations(contents), ElementsAre("root ", "containers/services/app "));
    EXPECT_EQ(contents.files.at("bin/init").link_target, "bin/again");
    EXPECT_EQ(contents.files.at("bin/again").link_target, "");
}

TEST_F(InspectTest, FindsTheOutputsOfABuildByItsName) {
    initrd("os-initrd.img");
    write_file(system_.dir / "os-kernel", "KERNEL");
    Contents contents = read(system_.dir / "os");
    ASSERT_EQ(contents.outputs.size(), 2u);
    EXPECT_EQ(contents.outputs[1],
              (std::pair<std::string, uint64_t>(system_.dir / "os-kernel", 6)));
    EXPECT_EQ(json_of(contents)["outputs"].size(), 2u);
}

TEST_F(InspectTest, ShowsWhatTheLabelOfAnImageGrants) {
    Contents contents = read("app:1");
    EXPECT_EQ(contents.kind, "image");
    std::string text = text_of(contents);
    EXPECT_THAT(text, HasSubstr("  by its label  capabilities KILL\n"));
    EXPECT_THAT(text, HasSubstr("  by its label  bind /a:/b"));
    EXPECT_THAT(text, HasSubstr("  by its label  device /dev/kvm\n"));
    EXPECT_EQ(json_of(contents)["containers"][0]["label"]["capabilities"].dump(), "[\"CAP_KILL\"]");
    EXPECT_THAT(text_of(read("init:1")), Not(HasSubstr("by its label")));
}

TEST_F(InspectTest, ShowsOfAnOutputWhatLabelsInTheCacheGrant) {
    auto label = read(tar("os.tar")).containers.at(0).label;
    ASSERT_TRUE(label);
    EXPECT_THAT(label->capabilities, ElementsAre("CAP_KILL"));
    EXPECT_THAT(label->devices, ElementsAre("/dev/kvm", "all"));
    EXPECT_THAT(label->binds, ElementsAre("/a:/b:rw,rbind,rshared"));
    label = read(tar("os.tar", "services: [{name: app, image: 'app:1', capabilities: [], "
                               "binds: ['/x:/y'], devices: []}]\n"))
                .containers.at(0)
                .label;
    ASSERT_TRUE(label);
    EXPECT_TRUE(label->empty());
    EXPECT_FALSE(read(initrd("os-initrd.img")).containers.at(0).label);
}

TEST_F(InspectTest, LooksIntoAnInitrdInATar) {
    StringSink sink;
    TarWriter writer(sink);
    Entry entry;
    entry.path = TreePath("kernel");
    entry.size = 1;
    writer.add(entry, "K");
    std::string content = read_file(initrd("os-initrd.img"));
    entry.path = TreePath("initrd.img");
    entry.size = content.size();
    writer.add(entry, content);
    writer.finish();
    std::string path = system_.dir / "os-initrd.tar";
    write_file(path, sink.str());
    Contents contents = read(path);
    EXPECT_THAT(locations(contents), ElementsAre("boot ", "root ", "containers/services/app "));
    EXPECT_EQ(contents.containers.size(), 1u);
}

TEST_F(InspectTest, SaysWhatItCannotShow) {
    EXPECT_EQ(error_of("absent"),
              fmt::format("'absent' is no file, no build's name and no image in the cache {}",
                          system_.store.directory()));
    EXPECT_EQ(error_of("./absent.tar"),
              fmt::format("'./absent.tar' is no file, no build's name and no image in the cache {}",
                          system_.store.directory()));
    std::string path = system_.dir / "text";
    write_file(path, "hello\n");
    EXPECT_EQ(error_of(path), fmt::format("'{}' is neither a tar archive nor an initrd", path));
}

TEST_F(InspectTest, ShowsNoControlCharactersOfNames) {
    std::string path = system_.dir / "evil.tar";
    write_file(path, TarText()
                         .pax({{"LINUXKIT.location", "a\x1b[2J\nb"}, {"LINUXKIT.source", "s"}})
                         .file("x")
                         .str());
    std::string text = text_of(read(path));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("\nb")));
}

TEST_F(InspectTest, RefusesConfigurationsThatAreNoneOfTheirKind) {
    std::string path = system_.dir / "bad.tar";
    for (const char* config : {"{", "[]", R"({"process": 5})", R"({"mounts": {}})"}) {
        write_file(path, TarText().file("containers/services/a/config.json", config).str());
        EXPECT_THROW(text_of(read(path)), Error) << config;
    }
}

TEST_F(InspectTest, FindsNoDifferenceBetweenTarAndInitrdOfTheSame) {
    Differences differences = compare(read(tar("a.tar")), read(initrd("b-initrd.img")));
    EXPECT_TRUE(differences.empty()) << text_of(differences);
    EXPECT_THAT(text_of(differences), HasSubstr(" are the same\n"));
}

TEST_F(InspectTest, TellsDifferencesByComponentAndKey) {
    std::string before = tar("a.tar");
    std::string other = "init: ['init:1']\n"
                        "services:\n"
                        "  - {name: app, image: 'app:1', binds.add: ['/x:/y'], readonly: true,"
                        " command: [/bin/other]}\n"
                        "files: [{path: etc/new, contents: hello}]\n";
    Differences differences = compare(read(before), read(tar("b.tar", other)));
    EXPECT_EQ(differences.added, 1u);
    EXPECT_EQ(differences.removed, 0u);
    EXPECT_EQ(differences.changed, 1u);
    ASSERT_EQ(differences.containers.size(), 1u);
    EXPECT_THAT(differences.containers[0].keys, ElementsAre("config.json: process.args"));
    std::string text = text_of(differences);
    EXPECT_THAT(text, HasSubstr("services[0]\n  ~ containers/services/app/config.json  content"));
    EXPECT_THAT(text, HasSubstr("  + etc/new  5 B\n"));
    EXPECT_THAT(text, HasSubstr("container services app: changed\n"
                                "  ~ config.json: process.args\n"));
    auto json = json_of(differences);
    EXPECT_EQ(json["totals"]["added"], 1);
    EXPECT_EQ(json["containers"][0]["keys"][0], "config.json: process.args");
}

Contents one_file(const Entry& entry, std::string_view content) {
    ContentsBuilder builder(true);
    MemorySource source(content);
    builder.add(entry, source, "files", "");
    return builder.finish();
}

TEST(Differences, NameEveryAspect) {
    Entry a;
    a.path = TreePath("f");
    a.size = 1;
    Entry b = a;
    b.mode = 04755;
    b.uid = 5;
    b.xattrs["user.x"] = "y";
    auto files = compare(one_file(a, "1"), one_file(b, "2")).components.at(0).files;
    EXPECT_THAT(files.at(0).aspects, ElementsAre("content", "mode 0644 -> 4755", "owner 0:0 -> 5:0",
                                                 "extended attributes"));
    b.type = EntryType::symlink;
    b.size = 0;
    files = compare(one_file(a, "1"), one_file(b, "")).components.at(0).files;
    EXPECT_THAT(files.at(0).aspects, ElementsAre("type file -> symlink"));
    b.mtime = 77;
    EXPECT_TRUE(compare(one_file(b, ""), one_file(b, "")).empty());
}

TEST(Differences, OfDocumentsAreTheirKeys) {
    EXPECT_THAT(differing_keys(R"({"a": {"b": 1, "c": [1]}, "d": 2})",
                               R"({"a": {"b": 1, "c": [2]}, "e": 2})"),
                ElementsAre("a.c", "d", "e"));
    EXPECT_THAT(differing_keys("{}", "{ }"), IsEmpty());
    EXPECT_THAT(differing_keys("", "{}"), ElementsAre("everything"));
}

TEST(ContentsBuilder, RefusesHardLinksToNothing) {
    Entry link;
    link.path = TreePath("l");
    link.type = EntryType::hard_link;
    link.link_target = "absent";
    EXPECT_THROW(one_file(link, ""), Error);
    link.link_target = "l";
    EXPECT_THROW(one_file(link, ""), Error);
}

} // namespace
} // namespace coracle
