// SPDX-License-Identifier: Apache-2.0
#include "spec/read.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "spec/write.h"

using namespace coracle;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

// The whole error text, or "" when there is none.
std::string fault(std::string_view text, ParseOptions options = {}) {
    try {
        parse_spec(text, "os.yml", options);
    } catch (const Diagnostics& error) {
        return error.what();
    }
    return {};
}

// The first line of it.
std::string first_line(std::string_view text, ParseOptions options = {}) {
    auto all = fault(text, options);
    return all.substr(0, all.find('\n'));
}

std::string service(const std::string& more) {
    return "services:\n  - {name: a, image: \"redis:8\", " + more + "}\n";
}

} // namespace

TEST(ParseSpec, ReadsEverySection) {
    Spec spec = parse_spec("kernel: {image: k, cmdline: quiet, tar: none}\n"
                           "init: [i1, i2]\n"
                           "onboot: [{name: b, image: ib}]\n"
                           "onshutdown: [{name: d, image: id}]\n"
                           "services: [{name: s, image: is}]\n"
                           "volumes: [{name: v, readonly: true}]\n"
                           "files: [{path: etc/x, contents: hi, mode: \"0644\", uid: 3, gid: s}]\n",
                           "os.yml");
    EXPECT_EQ(spec.kernel->image->text, "k");
    EXPECT_EQ(spec.kernel->binary_name(), "kernel");
    EXPECT_EQ(spec.kernel->tar_name(), std::nullopt);
    EXPECT_EQ(spec.init->at(1).text, "i2");
    EXPECT_EQ(spec.onboot->at(0).name, "b");
    EXPECT_EQ(spec.onshutdown->at(0).image.text, "id");
    EXPECT_EQ(spec.services->at(0).name, "s");
    EXPECT_EQ(spec.volumes->at(0).readonly, true);
    EXPECT_EQ(spec.files->at(0).mode_bits(), 0644u);
    EXPECT_EQ(std::get<uint32_t>(*spec.files->at(0).uid), 3u);
    EXPECT_EQ(std::get<std::string>(*spec.files->at(0).gid), "s");
    EXPECT_FALSE(spec.trust);
}

TEST(ParseSpec, DefaultsOfKernelAndFiles) {
    Spec spec = parse_spec("kernel: {image: k}\n"
                           "files: [{path: d, directory: true}, {path: f, contents: \"\"}]\n",
                           "os.yml");
    EXPECT_EQ(spec.kernel->tar_name(), "kernel.tar");
    EXPECT_EQ(spec.files->at(0).mode_bits(), 0700u);
    EXPECT_EQ(spec.files->at(1).mode_bits(), 0600u);
}

TEST(ParseSpec, AbsentDiffersFromEmpty) {
    Spec spec = parse_spec(service("binds: []"), "os.yml");
    ASSERT_TRUE(spec.services->at(0).binds);
    EXPECT_TRUE(spec.services->at(0).binds->empty());
    EXPECT_FALSE(spec.services->at(0).tmpfs);
}

TEST(ParseSpec, KeepsWhereThingsAre) {
    Spec spec = parse_spec("init:\n  - one\nservices:\n  - name: a\n    image: two\n"
                           "    binds:\n      - /x:/y\n",
                           "os.yml");
    EXPECT_EQ(spec.init->at(0).at.line, 2);
    EXPECT_EQ(spec.init->at(0).at.column, 5);
    EXPECT_EQ(spec.init->at(0).at.file, "os.yml");
    const auto& entry = spec.services->at(0);
    EXPECT_EQ(entry.at.line, 4);
    EXPECT_EQ(entry.place("binds[0]").line, 7);
    EXPECT_EQ(entry.place("net").line, 4);
}

TEST(ParseSpec, ReadsJson) {
    Spec spec = parse_spec("{\n\t\"init\": [\"g/plain:1\"],\n\t\"services\": []}", "os.json");
    EXPECT_EQ(spec.init->at(0).text, "g/plain:1");
}

TEST(ParseSpec, UnknownKeysAreErrorsWithASuggestion) {
    EXPECT_EQ(fault("service:\n  - {}\n"), "os.yml:1:1: error: unknown key 'service'\n"
                                           "    1 | service:\n"
                                           "      | ^~~~~~~\n"
                                           "did you mean 'services'?");
    EXPECT_EQ(fault("services:\n  - name: redis\n    image: redis:8\n    capabilitis:\n"
                    "      - all\n"),
              "os.yml:4:5: error: unknown key 'capabilitis' in services[0] 'redis'\n"
              "    4 |     capabilitis:\n"
              "      |     ^~~~~~~~~~~\n"
              "did you mean 'capabilities'?");
    EXPECT_EQ(first_line(service("runtime: {bindNS: {nett: x}}")),
              "os.yml:2:52: error: unknown key 'nett' in runtime.bindNS of services[0] 'a'");
    EXPECT_EQ(first_line(service("oomscoreadj: 3")),
              "os.yml:2:33: error: unknown key 'oomscoreadj' in services[0] 'a'");
}

TEST(ParseSpec, CollectsErrors) {
    auto text = fault("kernal: {}\nservices:\n  - {name: a}\n  - {image: b}\n");
    EXPECT_THAT(text, HasSubstr("os.yml:1:1: error: unknown key 'kernal'"));
    EXPECT_THAT(text, HasSubstr("\nos.yml:3:5: error: services[0] 'a' has no 'image'"));
    EXPECT_THAT(text, HasSubstr("\nos.yml:4:5: error: services[1] has no 'name'"));
}

TEST(ParseSpec, StopsAtTenErrors) {
    std::string text;
    for (int i = 0; i < 30; ++i)
        text += "x" + std::to_string(i) + ": 1\n";
    auto all = fault(text);
    size_t count = 0;
    for (size_t at = 0; (at = all.find(": error: ", at)) != std::string::npos; ++at)
        ++count;
    EXPECT_EQ(count, 10u);
}

TEST(ParseSpec, KindsOfValuesAreStrict) {
    EXPECT_EQ(fault(service("env: FOO=1")),
              "os.yml:2:38: error: 'env' in services[0] 'a' must be a list of strings, but is a "
              "string\n"
              "    2 |   - {name: a, image: \"redis:8\", env: FOO=1}\n"
              "      |                                      ^~~~~\n"
              "write it as a list: [\"FOO=1\"]");
    EXPECT_THAT(
        fault(service("env: [1]")),
        testing::AllOf(StartsWith("os.yml:2:39: error: 'env[0]' in services[0] 'a' must be a "
                                  "string, but is a number\n"),
                       HasSubstr("\nput it in quotes: \"1\"")));
    EXPECT_THAT(
        fault("files: [{path: x, contents: a, mode: 0644}]"),
        testing::AllOf(HasSubstr("'mode' in files[0] 'x' must be a string, but is a number"),
                       HasSubstr("put it in quotes: \"0644\"")));
    EXPECT_THAT(fault(service("readonly: yes")),
                testing::AllOf(HasSubstr("must be true or false, but is a string"),
                               HasSubstr("write true or false, without quotes")));
    EXPECT_THAT(fault(service("sysctl: {net.ipv4.ip_forward: 1}")),
                HasSubstr("'sysctl.net.ipv4.ip_forward' in services[0] 'a' must be a string"));
    EXPECT_THAT(fault(service("oomScoreAdj: \"1\"")), HasSubstr("must be a whole number"));
    EXPECT_THAT(fault(service("uid: 1.5")), HasSubstr("must be a whole number, but is a number"));
    EXPECT_THAT(fault(service("uid: true")), HasSubstr("'uid' in services[0] 'a' must be a"));
    EXPECT_THAT(fault("services:\n"), HasSubstr("'services' must be a list of mappings, but is "
                                                "empty"));
    EXPECT_THAT(fault("- a\n"), HasSubstr("os.yml:1:1: error: the file must be a mapping, but is a "
                                          "list"));
}

TEST(ParseSpec, WordsThatLookLikeBooleansAreTexts) {
    Spec spec = parse_spec(service("env: [yes, on, 2001-01-01], readonly: True"), "os.yml");
    EXPECT_THAT(*spec.services->at(0).env, ElementsAre("yes", "on", "2001-01-01"));
    EXPECT_EQ(spec.services->at(0).readonly, true);
}

TEST(ParseSpec, EmptyFilesAreErrors) {
    EXPECT_EQ(fault(""), "os.yml: error: there is nothing in it");
    EXPECT_EQ(fault("# nothing\n"), "os.yml: error: there is nothing in it");
}

TEST(ParseSpec, NamesTheSyntaxError) {
    EXPECT_EQ(fault("kernel:\n  image: x\n bad\n"),
              "os.yml:3:2: error: not valid YAML: did not find expected key while parsing a block "
              "mapping\n"
              "    3 |  bad\n"
              "      |  ^");
    EXPECT_THAT(fault("kernel:\n\timage: x\n"), HasSubstr("indent with spaces, not tabs"));
    EXPECT_THAT(fault(std::string_view("init: [\"\0\"]", 11)), HasSubstr("not valid YAML"));
    EXPECT_THAT(fault("init: [\"\xff\"]"), HasSubstr("not valid YAML"));
}

TEST(ParseSpec, KeysThatComeTwiceAreErrors) {
    EXPECT_EQ(fault("init: [a]\ninit: [b]\n"), "os.yml:2:1: error: key 'init' comes twice\n"
                                               "    2 | init: [b]\n"
                                               "      | ^~~~\n"
                                               "it was on line 1 before");
    EXPECT_EQ(first_line("1: a\n"), "os.yml:1:1: error: a key must be a string");
}

TEST(ParseSpec, AnchorsAliasesAndMergeKeys) {
    Spec spec = parse_spec("services:\n"
                           "  - &s {name: one, image: i, env: [A=1], net: new}\n"
                           "  - <<: *s\n    name: two\n    net: host\n"
                           "  - <<: [{name: three, cwd: /x}, *s]\n",
                           "os.yml");
    const auto& services = *spec.services;
    EXPECT_EQ(services[1].name, "two");
    EXPECT_EQ(services[1].net, "host");
    EXPECT_THAT(*services[1].env, ElementsAre("A=1"));
    EXPECT_EQ(services[2].name, "three");
    EXPECT_EQ(services[2].net, "new");
    EXPECT_THAT(fault("init: [*x]"), HasSubstr("there is no anchor '&x' before this"));
    EXPECT_THAT(fault("init: &x [*x]"), HasSubstr("anchor '&x' contains itself"));
    EXPECT_THAT(fault(service("<<: 3")), HasSubstr("'<<' must be a mapping or a list of mappings"));
}

TEST(ParseSpec, AliasBombsAreRefused) {
    std::string text = "services:\n  - name: a\n    image: b\n    env: &e [";
    for (int i = 0; i < 1000; ++i)
        text += "aaaaaaaaaa,";
    text += "a]\n";
    for (int i = 0; i < 1000; ++i)
        text += "  - {name: a" + std::to_string(i) + ", image: b, env: *e}\n";
    EXPECT_THAT(fault(text), HasSubstr("the aliases in this file make it too large"));
    std::string deep = "init: " + std::string(200, '[') + std::string(200, ']');
    EXPECT_THAT(fault(deep), HasSubstr("values are nested more than 64 deep"));
}

TEST(ParseSpec, BombsOfMergeKeysAreRefused) {
    std::string text = "services:\n- &m0 {name: a, image: b}\n";
    for (int i = 1; i < 12; ++i) {
        auto before = "*m" + std::to_string(i - 1);
        text += "- &m" + std::to_string(i) + "\n  <<: [";
        for (int j = 0; j < 10; ++j)
            text += before + ", ";
        text += before + "]\n";
    }
    EXPECT_THAT(fault(text), HasSubstr("the aliases in this file make it too large"));
}

TEST(ParseSpec, ASecondDocumentIsSaidToBeIgnored) {
    Spec spec = parse_spec("---\ninit: [a]\n---\ninit: [b]\n", "os.yml");
    EXPECT_EQ(spec.init->size(), 1u);
    EXPECT_THAT(spec.warnings, ElementsAre(StartsWith("os.yml:3:1: warning: only the first YAML "
                                                      "document of a file is read")));
}

TEST(ParseSpec, WhatFollowsADocumentIsSaidToBeIgnored) {
    Spec spec = parse_spec("{\"init\": [\"a\"]}\n}\n", "os.yml");
    EXPECT_EQ(spec.init->size(), 1u);
    EXPECT_THAT(spec.warnings, ElementsAre(HasSubstr("os.yml:2:1: warning: only the first")));
}

TEST(ParseSpec, EmptyReferencesAreErrorsWhereAnImageMustBe) {
    EXPECT_THAT(fault("init: [\"\"]"), HasSubstr("an empty text stands where a value must be"));
    EXPECT_THAT(fault("services: [{name: a, image: \"\"}]"), HasSubstr("in services[0] 'a'"));
    Spec spec = parse_spec("kernel: {image: \"\"}\nvolumes: [{name: v, image: \"\"}]", "os.yml");
    EXPECT_FALSE(spec.kernel->image);
    EXPECT_FALSE(spec.volumes->at(0).image);
}

TEST(ParseSpec, TrustNamesImagesAndOrganisations) {
    Spec spec = parse_spec("trust: {org: [linuxkit], image: [redis]}", "os.yml");
    EXPECT_THAT(*spec.trust->org, ElementsAre("linuxkit"));
    EXPECT_THAT(*spec.trust->image, ElementsAre("redis"));
    EXPECT_TRUE(spec.warnings.empty());
}

TEST(ParseSpec, ExtensionsAreForTheirPlaces) {
    Spec spec = parse_spec("onboot: [{name: a, image: i, timeout: 1m30s, optional: true}]\n"
                           "services: [{name: b, image: i, restart: on-failure, after: [b2],\n"
                           "            seccomp: default, userns: auto}, {name: b2, image: i}]\n",
                           "os.yml");
    EXPECT_EQ(spec.onboot->at(0).timeout->seconds, 90u);
    EXPECT_EQ(spec.onboot->at(0).optional, true);
    EXPECT_EQ(spec.services->at(0).restart, Restart::on_failure);
    EXPECT_EQ(first_line("onboot: [{name: a, image: i, restart: always}]"),
              "os.yml:1:30: error: 'restart' is for services only, not for onboot[0] 'a'");
    EXPECT_EQ(first_line(service("timeout: 3")),
              "os.yml:2:33: error: 'timeout' is for onboot only, not for services[0] 'a'");
    EXPECT_THAT(fault(service("restart: sometimes")),
                HasSubstr("'restart' in services[0] 'a' cannot be 'sometimes'"));
    EXPECT_THAT(fault("onboot: [{name: a, image: i, timeout: soon}]"),
                HasSubstr("'timeout' cannot be 'soon' in onboot[0] 'a'"));
}

TEST(ParseSpec, StrictRefusesExtensions) {
    ParseOptions strict{.strict_linuxkit = true};
    EXPECT_EQ(first_line(service("restart: always"), strict),
              "os.yml:2:33: error: LinuxKit has no key 'restart' in services[0] 'a'");
    EXPECT_THAT(first_line(service("userns: auto"), strict),
                HasSubstr("LinuxKit has no 'userns: auto'"));
    EXPECT_EQ(fault(service("userns: new"), strict), "");
}
