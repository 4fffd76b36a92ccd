// SPDX-License-Identifier: Apache-2.0
#include "rootfs/seccomp.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace coracle {
namespace {

/// The calls that are allowed whatever their arguments.
std::set<std::string> allowed(const std::vector<std::string>& capabilities) {
    std::set<std::string> names;
    auto profile = default_seccomp(capabilities, "amd64");
    for (const auto& rule : profile["syscalls"])
        if (rule["action"] == "SCMP_ACT_ALLOW" && !rule.contains("args"))
            names.insert(rule["names"].begin(), rule["names"].end());
    return names;
}

TEST(Seccomp, RefusesWhatIsNotListed) {
    auto profile = default_seccomp({}, "amd64");
    EXPECT_EQ(profile["defaultAction"], "SCMP_ACT_ERRNO");
    EXPECT_EQ(profile["defaultErrnoRet"], 1);
    EXPECT_TRUE(allowed({}).contains("openat"));
    for (const char* call : {"mount", "bpf", "init_module", "ptrace", "kexec_load", "keyctl",
                             "userfaultfd", "io_uring_setup", "setns", "clone", "socket"})
        EXPECT_FALSE(allowed({}).contains(call)) << call;
}

TEST(Seccomp, ACapabilityAllowsWhatItIsFor) {
    EXPECT_TRUE(allowed({"CAP_SYS_ADMIN"}).contains("mount"));
    EXPECT_TRUE(allowed({"CAP_SYS_ADMIN"}).contains("clone"));
    EXPECT_TRUE(allowed({"CAP_SYS_MODULE"}).contains("finit_module"));
    EXPECT_FALSE(allowed({"CAP_NET_ADMIN"}).contains("finit_module"));
}

TEST(Seccomp, NoCallIsListedTwiceForOneContainer) {
    std::multiset<std::string> names;
    auto profile = default_seccomp({}, "arm64");
    for (const auto& rule : profile["syscalls"])
        if (!rule.contains("args"))
            names.insert(rule["names"].begin(), rule["names"].end());
    for (const auto& name : names)
        EXPECT_EQ(names.count(name), 1U) << name;
}

TEST(Seccomp, SpeaksOfTheArchitecture) {
    EXPECT_EQ(default_seccomp({}, "arm64")["architectures"][0], "SCMP_ARCH_AARCH64");
    EXPECT_FALSE(default_seccomp({}, "s390x").contains("architectures"));
}

} // namespace
} // namespace coracle
