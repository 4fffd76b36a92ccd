// SPDX-License-Identifier: Apache-2.0
#include "spec/read.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"

using namespace coracle;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

// The error of reading these texts as files, with their directory taken out; "" when there is none.
std::string fault(const std::vector<std::string>& texts) {
    TempDir directory;
    std::vector<std::string> files;
    for (size_t i = 0; i < texts.size(); ++i) {
        files.push_back(directory / (std::string(1, static_cast<char>('a' + i)) + ".yml"));
        write_file(files.back(), texts[i]);
    }
    try {
        read_specs(files);
        return {};
    } catch (const Error& error) {
        std::string text = error.what();
        std::string prefix = directory.path() + "/";
        for (size_t at = 0; (at = text.find(prefix, at)) != std::string::npos;)
            text.erase(at, prefix.size());
        return text;
    }
}

} // namespace

TEST(Merge, KernelKeysReplaceOneByOneAndListsAppend) {
    Spec spec =
        merge(parse_spec("kernel: {image: k, cmdline: one, tar: none}\ninit: [a]\n", "a.yml"),
              parse_spec("kernel: {cmdline: two, image: \"\"}\ninit: [b]\nvolumes: "
                         "[{name: v}]\n",
                         "b.yml"));
    EXPECT_EQ(spec.kernel->image->text, "k");
    EXPECT_EQ(spec.kernel->cmdline, "two");
    EXPECT_EQ(spec.kernel->tar, "none");
    EXPECT_EQ(spec.init->at(1).text, "b");
    EXPECT_EQ(spec.init->at(1).at.file, "b.yml");
    EXPECT_EQ(spec.volumes->size(), 1u);
}

TEST(Merge, RefusesEqualServiceNames) {
    EXPECT_EQ(fault({"services: [{name: a, image: i}]\n", "\nservices: [{name: a, image: j}]\n"}),
              "b.yml:2:19: error: duplicate service name 'a'\n"
              "    2 | services: [{name: a, image: j}]\n"
              "      |                   ^\n"
              "the first is at a.yml:1");
    EXPECT_EQ(fault({"onboot: [{name: a, image: i}, {name: a, image: i}]"}), "");
    EXPECT_THAT(fault({"volumes: [{name: v}]", "volumes: [{name: v}]"}),
                StartsWith("b.yml:1:11: error: duplicate volume name 'v'"));
}

TEST(Overlay, ReplacesAddsAndMergesRuntimeByKey) {
    ImageEntry label =
        parse_label("capabilities: [CAP_CHOWN]\nbinds: [/a:/a]\nnet: new\nenv: [A=1]\n"
                    "readonly: true\nruntime: {mkdir: [/x], bindNS: {net: /n}}\n",
                    "i");
    Spec spec =
        parse_spec("services: [{name: a, image: i, capabilities.add: [CAP_BPF, CAP_CHOWN],\n"
                   "  binds: [], net: \"\", runtime: {cgroups: [c], bindNS: {pid: /p}}}]",
                   "f");
    ImageEntry entry = overlay(label, spec.services->at(0));
    EXPECT_EQ(entry.name, "a");
    EXPECT_THAT(*entry.capabilities, ElementsAre("CAP_CHOWN", "CAP_BPF"));
    EXPECT_THAT(*entry.binds, ElementsAre());
    EXPECT_EQ(entry.net, "new");
    EXPECT_THAT(*entry.env, ElementsAre("A=1"));
    EXPECT_EQ(entry.readonly, true);
    EXPECT_THAT(*entry.runtime->mkdir, ElementsAre("/x"));
    EXPECT_THAT(*entry.runtime->cgroups, ElementsAre("c"));
    EXPECT_EQ(entry.runtime->bind_namespaces->net, "/n");
    EXPECT_EQ(entry.runtime->bind_namespaces->pid, "/p");
}

TEST(Label, HasTheSameKeysButNameAndImage) {
    EXPECT_EQ(parse_label("{\"pid\": \"host\"}", "i").pid, "host");
    auto text_of = [](std::string_view label) -> std::string {
        try {
            parse_label(label, "g/x:1");
            return {};
        } catch (const Diagnostics& error) {
            return error.what();
        }
    };
    EXPECT_EQ(text_of("{\"capabilties\": [\"all\"]}"),
              "label org.mobyproject.config of g/x:1:1:2: error: unknown key 'capabilties'\n"
              "    1 | {\"capabilties\": [\"all\"]}\n"
              "      |  ^~~~~~~~~~~~~\n"
              "did you mean 'capabilities'?");
    EXPECT_THAT(text_of("name: x"), HasSubstr("error: 'name' is not for a label"));
    EXPECT_THAT(text_of("[\"x\"]"), HasSubstr("error: the image entry must be a mapping, but is a "
                                              "list"));
    EXPECT_THAT(text_of("restart: always"), HasSubstr("'restart' is not for a label"));
}

TEST(ReadSpecs, VolumesMustExistAndKeepTheirProtection) {
    EXPECT_EQ(fault({"services: [{name: a, image: i, binds: [\"dta:/x\"]}]\n",
                     "volumes: [{name: data}]\n"}),
              "a.yml:1:40: error: there is no volume 'dta' for services[0] 'a'\n"
              "    1 | services: [{name: a, image: i, binds: [\"dta:/x\"]}]\n"
              "      |                                        ^~~~~~~~\n"
              "did you mean 'data'?");
    std::string volume = "volumes: [{name: v, readonly: true}]\n";
    auto bind = [&](const std::string& text) {
        return fault({volume + "onboot: [{name: a, image: i, " + text + "}]"});
    };
    EXPECT_THAT(bind("binds: [\"v:/x\"]"),
                HasSubstr("error: volume 'v' is read-only, but onboot[0] 'a' mounts it writable"));
    EXPECT_THAT(bind("binds.add: [\"v:/x:rw,ro\"]"), HasSubstr("mounts it writable"));
    EXPECT_THAT(bind("mounts: [{type: bind, source: v, destination: /x}]"),
                HasSubstr("a.yml:2:60: error: volume 'v' is read-only"));
    EXPECT_EQ(bind("binds: [\"v:/x:ro\"]"), "");
    EXPECT_EQ(bind("binds: [\"v:/x:noexec,ro\"]"), "");
    EXPECT_EQ(bind("mounts: [{type: tmpfs, source: tmpfs, destination: /x}]"), "");
}

TEST(ReadSpecs, IdsMustNameContainers) {
    EXPECT_EQ(
        fault({"onboot: [{name: a, image: i, uid: b, gid: root}]\nservices: [{name: b, image: "
               "i, additionalGids: [a, 5]}]\n"}),
        "");
    EXPECT_THAT(fault({"services: [{name: a, image: i, uid: \"1000\"}]"}),
                HasSubstr("error: 'uid' of services[0] 'a' names no container: '1000'"));
    EXPECT_THAT(fault({"files: [{path: x, contents: y, gid: web}]"}),
                HasSubstr("the owner of file 'x' names no container: 'web'"));
}

TEST(ReadSpecs, OrderOfServicesHasNoLoop) {
    auto services = [](const std::string& a, const std::string& b) {
        return fault({"services: [{name: a, image: i, after: [" + a +
                      "]},\n {name: b, image: i, "
                      "after: [" +
                      b + "]}]"});
    };
    EXPECT_EQ(services("b", ""), "");
    EXPECT_THAT(services("b", "a"), HasSubstr("service 'a' waits, through others, for itself"));
    EXPECT_THAT(services("a", ""), HasSubstr("service 'a' waits"));
    EXPECT_THAT(services("bb", ""), HasSubstr("there is no service 'bb'\n"));
}

TEST(ReadSpecs, MissingFilesAndUrls) {
    EXPECT_THROW(read_specs({}), Error);
    try {
        read_specs({"/nonexistent/os.yml"});
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "cannot open '/nonexistent/os.yml': No such file or directory");
    }
    EXPECT_THROW(read_specs({"https://example.com/os.yml"}), Error);
}

TEST(ReadSpecs, AFileFromTheNetworkReadsNothingHere) {
    ReadOptions options;
    options.fetch = [](const std::string&) { return "files: [{path: x, source: /etc/shadow}]\n"; };
    try {
        read_specs({"https://example.com/os.yml"}, options);
        FAIL();
    } catch (const Diagnostics& error) {
        EXPECT_THAT(error.what(), StartsWith("https://example.com/os.yml:1:9: error: '/etc/shadow' "
                                             "is to be read from this machine"));
    }
    options.fetch = [](const std::string&) {
        return "services: [{name: a, image: b, seccomp: /root/.docker/config.json}]\n";
    };
    try {
        read_specs({"https://example.com/os.yml"}, options);
        FAIL();
    } catch (const Diagnostics& error) {
        EXPECT_THAT(error.what(), StartsWith("https://example.com/os.yml:1:41: error: "
                                             "'/root/.docker/config.json' is to be read from this "
                                             "machine"));
    }
    options.fetch = [](const std::string&) { return "init: [a]\n"; };
    EXPECT_EQ(read_specs({"https://example.com/os.yml"}, options).init->size(), 1u);
}

TEST(Packages, ADirectoryIsRelativeToTheFile) {
    auto request = package_request({"@pkg:../pkg/redis", {.file = "examples/os.yml"}});
    EXPECT_EQ(request->directory, "examples/../pkg/redis");
    EXPECT_EQ(request->name, "");
    EXPECT_EQ(package_request({"@pkg:./x", {.file = "os.yml"}})->directory, "./x");
    EXPECT_EQ(package_request({"@pkg:/abs/x", {.file = "a/os.yml"}})->directory, "/abs/x");
}

TEST(Packages, AWordIsAName) {
    auto request = package_request({"@pkg:redis", {.file = "examples/os.yml"}});
    EXPECT_EQ(request->name, "redis");
    EXPECT_EQ(request->directory, "");
    EXPECT_EQ(package_request({"redis:8", {}}), std::nullopt);
}

TEST(Packages, NeedALocalFileForADirectory) {
    for (auto file : {"<stdin>", "https://example.com/os.yml"})
        EXPECT_THROW(package_request({"@pkg:../x", {.file = file}}), Diagnostics) << file;
    EXPECT_EQ(package_request({"@pkg:x", {.file = "<stdin>"}})->name, "x");
    EXPECT_THROW(package_request({"@pkg:", {.file = "a.yml"}}), Diagnostics);
}

TEST(Packages, AreReplacedEverywhere) {
    Spec spec = parse_spec("kernel: {image: \"@pkg:k\"}\ninit: [\"@pkg:i\", plain]\n"
                           "services: [{name: s, image: \"@pkg:s\"}]\n"
                           "volumes: [{name: v, image: \"@pkg:v\"}]\n",
                           "os.yml");
    resolve_packages(spec, [](const PackageRequest& request) { return "built/" + request.name; });
    EXPECT_EQ(spec.kernel->image->text, "built/k");
    EXPECT_EQ(spec.init->at(0).text, "built/i");
    EXPECT_EQ(spec.init->at(1).text, "plain");
    EXPECT_EQ(spec.services->at(0).image.text, "built/s");
    EXPECT_EQ(spec.volumes->at(0).image->text, "built/v");
}
