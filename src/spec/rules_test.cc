// SPDX-License-Identifier: Apache-2.0
#include "spec/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "spec/read.h"
#include "spec/spec_codecs.h"

using namespace coracle;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

// Message and note about one more key of a service, without place and source line.
std::string fault(const std::string& more) {
    try {
        parse_spec("services:\n- {name: a, image: i, " + more + "}\n", "f");
        return {};
    } catch (const Diagnostics& error) {
        std::string text = error.what();
        text.erase(0, text.find("error: ") + 7);
        auto end = text.find('\n');
        auto note = text.find('\n', text.find("| ", text.rfind("      |")));
        return text.substr(0, end) + (note == std::string::npos ? "" : text.substr(note));
    }
}

std::string file_fault(const std::string& keys) {
    try {
        parse_spec("files: [{path: etc/x, " + keys + "}]", "f");
        return {};
    } catch (const Diagnostics& error) {
        std::string text = error.what();
        text.erase(0, text.find("error: ") + 7);
        return text.substr(0, text.find('\n'));
    }
}

} // namespace

TEST(Rules, Capabilities) {
    EXPECT_EQ(fault("capabilities: [CAP_CHOWN, CAP_BPF]"), "");
    EXPECT_EQ(fault("capabilities: [all]"), "");
    EXPECT_EQ(fault("capabilities: [NONE]"), "");
    EXPECT_EQ(fault("capabilities: [CAP_FLY]"), "unknown capability 'CAP_FLY' in services[0] 'a'");
    EXPECT_EQ(fault("capabilities: [net_admin]"),
              "unknown capability 'net_admin' in services[0] 'a'\ndid you mean 'CAP_NET_ADMIN'?");
    EXPECT_EQ(fault("ambient: [all, CAP_CHOWN]"),
              "'all' stands beside other capabilities in services[0] 'a'\nwrite [all] alone");
}

TEST(Rules, Binds) {
    EXPECT_EQ(fault("binds: [\"/x\"]"), "bind '/x' has no ':' in services[0] 'a'\n"
                                        "write SOURCE:DESTINATION or SOURCE:DESTINATION:OPTIONS");
    EXPECT_THAT(fault("binds: [\"/a:/b:ro:c\"]"), HasSubstr("bind '/a:/b:ro:c' has too many ':'"));
    EXPECT_EQ(fault("binds.add: [\":/b\"]"), "bind ':/b' has no source in services[0] 'a'");
    EXPECT_THAT(parse_bind("/a:/b").options, ElementsAre("rw", "rbind", "rshared"));
    EXPECT_THAT(parse_bind("/a:/b:ro,z").options, ElementsAre("ro", "z", "rbind"));
    EXPECT_TRUE(parse_bind("data:/b").is_volume());
}

TEST(Rules, Tmpfs) {
    EXPECT_EQ(fault("tmpfs: [\"/x:a:b\"]"), "tmpfs '/x:a:b' has too many ':' in services[0] 'a'\n"
                                            "write DESTINATION or DESTINATION:OPTIONS");
    EXPECT_THAT(parse_tmpfs("/x:size=1m,mode=700").options, ElementsAre("size=1m", "mode=700"));
}

TEST(Rules, Rlimits) {
    EXPECT_EQ(fault("rlimits: [\"nofle,1,2\"]"),
              "unknown limit 'nofle' in services[0] 'a'\ndid you mean 'NOFILE'?");
    EXPECT_EQ(fault("rlimits: [\"nofile,1\"]"),
              "rlimit 'nofile,1' is not of the form NAME,SOFT,HARD in services[0] 'a'");
    EXPECT_EQ(fault("rlimits: [\"nofile,x,1\"]"),
              "'x' is neither a number nor 'unlimited' in rlimit 'nofile,x,1' in services[0] 'a'");
    EXPECT_EQ(parse_rlimit(" rlimit_nofile , 1, Unlimited").type, "RLIMIT_NOFILE");
    EXPECT_EQ(parse_rlimit("core,0,unlimited").hard, UINT64_MAX);
}

TEST(Rules, DevicesAndModes) {
    EXPECT_EQ(fault("devices: [{path: /dev/x, type: c, major: 1, minor: 2, mode: rw}]"),
              "mode 'rw' is not octal in devices[0] of services[0] 'a'\n"
              "write it as in \"0644\", at most \"7777\"");
    EXPECT_EQ(fault("devices: [{path: /dev/x, type: c}]"),
              "device '/dev/x' has no 'mode' in services[0] 'a'\n"
              "write it in octal, as in mode: \"0666\"");
    EXPECT_EQ(fault("devices: [{path: all, type: b}]"), "");
    EXPECT_THAT(fault("devices: [{path: all, type: x}]"), HasSubstr("cannot be 'x'"));
    EXPECT_EQ(parse_mode("0644"), 0644u);
    EXPECT_EQ(parse_mode("10000"), std::nullopt);
    EXPECT_EQ(parse_mode("+7"), std::nullopt);
}

TEST(Rules, MountsNeedATypeAndAPlace) {
    EXPECT_EQ(fault("mounts: [{source: /x, destination: /y}]"),
              "the mount for destination '/y' has no 'type' in services[0] 'a'");
    EXPECT_EQ(fault("mounts: [{type: nfs, source: x}]"),
              "the mount of type 'nfs' has no 'destination' in services[0] 'a'");
    EXPECT_EQ(fault("mounts: [{type: cgroup}, {source: proc}, {destination: /dev}]"), "");
}

TEST(Rules, Names) {
    EXPECT_THAT(fault("after: [../b]"), HasSubstr("invalid name '../b'"));
    EXPECT_THAT(fault("after: [\"\"]"), HasSubstr("the name is empty"));
}

TEST(Rules, NumbersHaveBounds) {
    EXPECT_EQ(fault("oomScoreAdj: -1001"),
              "'oomScoreAdj' in services[0] 'a' must be from -1000 to 1000, but is -1001");
    EXPECT_EQ(fault("uid: -1"), "'uid' must be from 0 to 4294967295 in services[0] 'a'");
}

TEST(Rules, ImageReferences) {
    EXPECT_THAT(fault("<<: {x: 1}"), HasSubstr("unknown key 'x'"));
    EXPECT_THROW(parse_spec("init: [\"UPPER CASE::\"]", "f"), Diagnostics);
    EXPECT_NO_THROW(parse_spec("init: [\"@pkg:../nope\"]", "f"));
}

TEST(Rules, FilesHoldOneThing) {
    EXPECT_EQ(file_fault("contents: a, source: b"),
              "both contents and 'source' are given in files[0] 'etc/x'");
    EXPECT_EQ(file_fault("contents: a, metadata: yaml"),
              "both contents and 'metadata' are given in files[0] 'etc/x'");
    EXPECT_EQ(file_fault("source: a, metadata: yaml"),
              "both 'source' and 'metadata' are given in files[0] 'etc/x'");
    EXPECT_EQ(file_fault("mode: \"0644\""), "nothing says what the file holds in files[0] 'etc/x'");
    EXPECT_EQ(file_fault("directory: true, contents: a"),
              "a directory has no 'contents' in files[0] 'etc/x'");
    EXPECT_EQ(file_fault("metadata: toml"), "'metadata' in files[0] 'etc/x' cannot be 'toml'");
    EXPECT_EQ(file_fault("contents: a, mode: rwx"), "mode 'rwx' is not octal in files[0] 'etc/x'");
    EXPECT_EQ(file_fault("symlink: /x"), "");
}

TEST(Rules, FilePathsStayInTheRoot) {
    EXPECT_THROW(parse_spec("files: [{path: ../x, contents: a}]", "f"), Diagnostics);
    EXPECT_THROW(parse_spec("files: [{path: /, directory: true}]", "f"), Diagnostics);
}

TEST(Rules, Durations) {
    EXPECT_EQ(parse_duration("90")->seconds, 90u);
    EXPECT_EQ(parse_duration("1h30m5s")->seconds, 5405u);
    EXPECT_EQ(parse_duration("2m")->seconds, 120u);
    for (auto text : {"", "m", "1m1h", "1d", "5 s", "-1", "99999999999999999999", "9999999999s"})
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}
