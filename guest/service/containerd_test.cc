// SPDX-License-Identifier: Apache-2.0
#include "service/containerd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "common/directory.h"

namespace coracle::guest {
namespace {

TEST(ContainerdOptions, AreReadFromTheirFile) {
    auto options = parse_containerd_options("# comment\ncliopts = \"--log-level debug\" # more\n"
                                            "stdout = '/var/log/c.out'\n[table]\nother = 5\n");
    EXPECT_THAT(options.arguments, testing::ElementsAre("--log-level", "debug"));
    EXPECT_EQ(options.output_file, "/var/log/c.out");
    EXPECT_EQ(options.error_file, "");
}

TEST(ContainerdOptions, SurviveBrokenFiles) {
    EXPECT_TRUE(parse_containerd_options("cliopts = \"").arguments.empty());
    EXPECT_THAT(parse_containerd_options("cliopts=\"-a").arguments, testing::ElementsAre("-a"));
    EXPECT_TRUE(parse_containerd_options("=\n\"\"\ncliopts").arguments.empty());
}

TEST(ContainerdSpec, HasAnAbsoluteRoot) {
    EXPECT_EQ(with_absolute_root(R"({"root":{"path":"rootfs","readonly":true}})", "/c/s/x"),
              R"({"root":{"path":"/c/s/x/rootfs","readonly":true}})");
    EXPECT_EQ(with_absolute_root(R"({"root":{"path":"/r"}})", "/c"), R"({"root":{"path":"/r"}})");
}

TEST(ContainerdSpec, RefusesWhatIsNone) {
    for (const char* bad : {"", "[]", "{", "{}", R"({"root":1})", R"({"root":{"path":1}})"})
        EXPECT_THROW(with_absolute_root(bad, "/c"), Error) << bad;
}

class ContainerdRuntimeTest : public testing::Test {
protected:
    ContainerdRuntimeTest() { write_file(dir_ / "config.json", R"({"root":{"path":"rootfs"}})"); }

    TempDir dir_;
    std::string name_ = "redis", bundle_ = dir_.path();
    RuntimeConfig config_;
    Container container_{name_, bundle_, config_, "/run/x.pid", "/run/x.out"};
    ContainerdRuntime runtime_{dir_.path()};
};

TEST_F(ContainerdRuntimeTest, StartsThroughCtr) {
    auto commands = runtime_.start(container_);
    std::string spec = dir_ / "service.redis.json";
    EXPECT_THAT(commands.create,
                testing::ElementsAre("/usr/bin/ctr", "--namespace", "services.linuxkit", "run",
                                     "--detach", "--pid-file", "/run/x.pid", "--log-uri",
                                     "file:///run/x.out", "--config", spec, "redis"));
    EXPECT_TRUE(commands.start.empty());
    EXPECT_EQ(read_file(spec), "{\"root\":{\"path\":\"" + bundle_ + "/rootfs\"}}");
}

TEST_F(ContainerdRuntimeTest, DeletesTaskAndContainerInTheirNamespace) {
    config_.containerd_namespace = "mine";
    auto commands = runtime_.removal(container_);
    ASSERT_EQ(commands.size(), 2u);
    EXPECT_THAT(commands[0], testing::ElementsAre("/usr/bin/ctr", "--namespace", "mine", "tasks",
                                                  "delete", "--force", "redis"));
    EXPECT_THAT(commands[1], testing::ElementsAre("/usr/bin/ctr", "--namespace", "mine",
                                                  "containers", "delete", "redis"));
}

TEST_F(ContainerdRuntimeTest, KnowsTheStatusFromWhatCtrSays) {
    EXPECT_EQ(runtime_.told_status(
                  "\033[33mWARN\033[0m[0004] task crash exit with non-zero exit code 7   \n"),
              7);
    EXPECT_EQ(runtime_.told_status(""), std::nullopt);
    EXPECT_EQ(runtime_.told_status("exit with non-zero exit code 99999"), std::nullopt);
}

} // namespace
} // namespace coracle::guest
