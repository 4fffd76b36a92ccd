// SPDX-License-Identifier: Apache-2.0
#include "run/daemons.h"

#include <csignal>

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace coracle {
namespace {

RunPlan plan_with_tpm(const std::string& directory) {
    RunPlan plan;
    plan.state.directory = directory;
    plan.swtpm = "/usr/bin/swtpm";
    plan.tpm_directory = directory;
    plan.machine.tpm = directory + "/tpm.sock";
    return plan;
}

TEST(Daemons, NoneAreNeededByAPlainMachine) { EXPECT_TRUE(daemons_of({}).empty()); }

TEST(Daemons, ATpmIsAnEmulatorThatEndsWithItsMachine) {
    auto daemons = daemons_of(plan_with_tpm("/s"));
    ASSERT_EQ(daemons.size(), 1u);
    EXPECT_EQ(join(daemons[0].command, " "), "/usr/bin/swtpm socket --tpm2 --tpmstate dir=/s "
                                             "--ctrl type=unixio,path=/s/tpm.sock --terminate");
}

TEST(Daemons, AreThereWhenTheirSocketIs) {
    TempDir directory;
    auto children = start_daemons(plan_with_tpm(directory.path()));
    ASSERT_EQ(children.size(), 1u);
    EXPECT_TRUE(children[0]->running());
    EXPECT_TRUE(exists(directory / "tpm.sock"));
}

TEST(Daemons, ThatDoNotComeUpAreNamed) {
    TempDir directory;
    auto plan = plan_with_tpm(directory.path());
    plan.swtpm = "/bin/false";
    try {
        start_daemons(plan);
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "swtpm does not come up");
    }
}

TEST(DetachedTpm, EndsUnlessTheMachineHasIt) {
    TempDir directory;
    std::string pid;
    {
        DetachedTpm tpm(plan_with_tpm(directory.path()));
        pid = trim(read_file(directory / "swtpm.pid"));
        EXPECT_EQ(::kill(std::stoi(pid), 0), 0);
    }
    for (int i = 0; i < 500 && exists("/proc/" + pid); ++i)
        ::usleep(10'000);
    EXPECT_FALSE(exists("/proc/" + pid));
}

} // namespace
} // namespace coracle
