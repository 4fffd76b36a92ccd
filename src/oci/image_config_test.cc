// SPDX-License-Identifier: Apache-2.0
#include "oci/image_config.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace coracle {
namespace {

std::string refusal(const std::string& text) {
    try {
        ImageConfig::parse(text, "configuration of x");
    } catch (const Error& error) {
        return error.message();
    }
    return "accepted";
}

TEST(ImageConfig, IsReadAndWrittenTheSame) {
    ImageConfig config{.platform = Platform::parse("linux/arm/v6"),
                       .created = "2024-01-01T00:00:00Z",
                       .author = "someone",
                       .entrypoint = {"/bin/a"},
                       .cmd = {"b", "c"},
                       .env = {"PATH=/bin"},
                       .working_dir = "/w",
                       .user = "redis:redis",
                       .stop_signal = "SIGTERM",
                       .exposed_ports = {"6379/tcp"},
                       .volumes = {"/data"},
                       .labels = {{"org.mobyproject.config", R"({"capabilities":["all"]})"}},
                       .diff_ids = {Digest::of("x")},
                       .history = {{.created_by = "made", .empty_layer = true}}};
    ImageConfig read = ImageConfig::parse(config.str(), "x");
    EXPECT_EQ(read.str(), config.str());
    EXPECT_EQ(read.platform.str(), "linux/arm/v6");
    EXPECT_EQ(read.entrypoint, config.entrypoint);
    EXPECT_EQ(read.cmd, config.cmd);
    EXPECT_EQ(read.env, config.env);
    EXPECT_EQ(read.user, "redis:redis");
    EXPECT_EQ(read.labels, config.labels);
    EXPECT_EQ(read.diff_ids, config.diff_ids);
    EXPECT_EQ(read.volumes, config.volumes);
    ASSERT_EQ(read.history.size(), 1u);
    EXPECT_TRUE(read.history[0].empty_layer);
}

TEST(ImageConfig, TakesTheNullsThatDockerWrites) {
    ImageConfig config = ImageConfig::parse(
        R"({"architecture":"amd64","os":"linux","config":{"Cmd":null,"Entrypoint":null,"Env":null,
            "Labels":null,"Volumes":null,"OnBuild":null,"Healthcheck":{"Test":["x"]}},
            "rootfs":{"type":"layers","diff_ids":null},"history":null})",
        "x");
    EXPECT_TRUE(config.cmd.empty());
    EXPECT_TRUE(config.diff_ids.empty());
    EXPECT_EQ(config.platform.str(), "linux/amd64");
}

TEST(ImageConfig, OfWrongTypesIsRefused) {
    EXPECT_EQ(refusal(R"({"config":{"Cmd":"sh"}})"),
              "configuration of x: 'config': 'Cmd' is not a list");
    EXPECT_EQ(refusal(R"({"config":{"Env":[1]}})"),
              "configuration of x: 'config': 'Env' is not a list of strings");
    EXPECT_EQ(refusal(R"({"config":{"Labels":{"a":1}}})"),
              "configuration of x: 'config': 'Labels' is not an object of strings");
    EXPECT_EQ(refusal(R"({"architecture":64})"),
              "configuration of x: 'architecture' is not a string");
    EXPECT_EQ(refusal(R"({"rootfs":{"diff_ids":["../x"]}})"),
              "'../x' is not a digest: it starts with neither 'sha256:' nor 'sha512:'");
    EXPECT_EQ(refusal(R"({"config":[]})"), "configuration of x: 'config' is not a JSON object");
    EXPECT_EQ(refusal("\"x\""), "configuration of x is not a JSON object");
    EXPECT_EQ(refusal("{\"author\":\"\xff\"}").substr(0, 38),
              "configuration of x is not valid JSON: ");
}

} // namespace
} // namespace coracle
