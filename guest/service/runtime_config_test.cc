// SPDX-License-Identifier: Apache-2.0
#include "service/runtime_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"

namespace coracle::guest {
namespace {

std::string error_of(std::string_view json) {
    try {
        parse_runtime_config(json);
    } catch (const Error& error) {
        return error.message();
    }
    return "";
}

TEST(RuntimeConfig, ReadsAllKeys) {
    auto config = parse_runtime_config(R"({
        "cgroups": ["podruntime"],
        "mounts": [{"destination": "/d", "type": "overlay", "source": "overlay", "options": ["lowerdir=/l"]},
                   {"destination": "/e", "options": ["remount", "private"]}],
        "mkdir": ["/var/lib/svc"],
        "interfaces": [{"name": "wg0", "add": "wireguard", "createInRoot": true}, {"name": "eth1"},
                       {"name": "a", "peer": "b"}],
        "bindNS": {"cgroup": "", "net": "/run/netns/wg0", "uts": "/run/uts"},
        "namespace": "other", "restart": "on-failure", "after": ["x"], "timeout": 5, "optional": true})");
    EXPECT_THAT(config.cgroups, testing::ElementsAre("podruntime"));
    ASSERT_EQ(config.mounts.size(), 2u);
    EXPECT_EQ(config.mounts[0].target, "/d");
    EXPECT_EQ(config.mounts[0].type, "overlay");
    EXPECT_THAT(config.mounts[1].options, testing::ElementsAre("remount", "private"));
    EXPECT_THAT(config.mkdir, testing::ElementsAre("/var/lib/svc"));
    ASSERT_EQ(config.interfaces.size(), 3u);
    EXPECT_TRUE(config.interfaces[0].create_in_root);
    EXPECT_EQ(config.interfaces[1].add, "");
    EXPECT_EQ(config.interfaces[2].add, "veth");
    EXPECT_THAT(config.bind_namespaces, testing::ElementsAre(testing::Pair("net", "/run/netns/wg0"),
                                                             testing::Pair("uts", "/run/uts")));
    EXPECT_EQ(config.containerd_namespace, "other");
    EXPECT_EQ(config.restart, Restart::on_failure);
    EXPECT_THAT(config.after, testing::ElementsAre("x"));
    EXPECT_EQ(config.timeout, 5);
    EXPECT_TRUE(config.optional);
}

TEST(RuntimeConfig, HasDefaultsForWhatIsAbsentOrNull) {
    auto config =
        parse_runtime_config(R"({"mounts": null, "bindNS": null, "restart": null, "new": 1})");
    EXPECT_TRUE(config.mounts.empty());
    EXPECT_EQ(config.restart, Restart::always);
    EXPECT_EQ(config.timeout, std::nullopt);
    EXPECT_FALSE(config.optional);
}

TEST(RuntimeConfig, IsOptional) {
    TempDir bundle;
    EXPECT_TRUE(read_runtime_config(bundle.path()).mounts.empty());
}

TEST(RuntimeConfig, RefusesWhatIsNoObject) {
    EXPECT_EQ(error_of(""), "runtime.json: not a JSON object");
    EXPECT_EQ(error_of("{"), "runtime.json: not a JSON object");
    EXPECT_EQ(error_of("[]"), "runtime.json: not a JSON object");
}

TEST(RuntimeConfig, RefusesWrongTypes) {
    EXPECT_EQ(error_of(R"({"mounts": 5})"), "runtime.json: 'mounts' is not a list");
    EXPECT_EQ(error_of(R"({"mounts": [5]})"), "runtime.json: 'mounts' is not a list of objects");
    EXPECT_EQ(error_of(R"({"mounts": [{"options": [1]}]})"),
              "runtime.json: 'options' is not a list of texts");
    EXPECT_EQ(error_of(R"({"mkdir": {"a": 1}})"), "runtime.json: 'mkdir' is not a list");
    EXPECT_EQ(error_of(R"({"bindNS": {"net": 1}})"), "runtime.json: 'net' is not a text");
    EXPECT_EQ(error_of(R"({"optional": "yes"})"), "runtime.json: 'optional' is not true or false");
    EXPECT_EQ(error_of(R"({"namespace": "a\u0000b"})"),
              "runtime.json: 'namespace' is not a text without NUL");
}

TEST(RuntimeConfig, RefusesValuesOutOfRange) {
    EXPECT_EQ(error_of(R"({"restart": "often"})"),
              "runtime.json: 'restart' is 'often', not always, on-failure or never");
    for (const char* value : {"-1", "1e9", "99999999999999999999", "1.5", "\"5\""})
        EXPECT_EQ(error_of(std::string("{\"timeout\": ") + value + "}"),
                  "runtime.json: 'timeout' is not a number of seconds up to a week");
    EXPECT_EQ(error_of(R"({"interfaces": [{"name": ""}]})"),
              "runtime.json: an interface needs a name of 1 to 15 bytes");
    EXPECT_EQ(error_of(R"({"interfaces": [{"name": "a", "add": "veth"}]})"),
              "runtime.json: interface 'a' of kind veth needs a peer");
}

TEST(RuntimeConfig, SurvivesDeepNesting) {
    EXPECT_EQ(error_of(std::string(500000, '[')), "runtime.json: not a JSON object");
    std::string deep = "{\"x\": " + std::string(100000, '[') + std::string(100000, ']') + "}";
    EXPECT_EQ(error_of(deep), "");
}

} // namespace
} // namespace coracle::guest
