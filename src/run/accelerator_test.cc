// SPDX-License-Identifier: Apache-2.0
#include "run/accelerator.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace coracle {
namespace {

HostAbilities host_with(const char* flags, const char* kvm_error = "") {
    return {Arch::x86_64, std::string("processor\t: 0\nflags\t\t: fpu ") + flags + " sse\n",
            kvm_error};
}

TEST(ChooseAccelerator, TakesKvmWhereTheProcessorHasIt) {
    for (const char* flag : {"vmx", "svm"}) {
        auto choice = choose_accelerator("", Arch::x86_64, host_with(flag));
        EXPECT_EQ(choice.accelerator, Accelerator::kvm);
        EXPECT_TRUE(choice.may_fall_back);
    }
}

TEST(ChooseAccelerator, DoesNotTrustADeviceThatOpens) {
    auto choice = choose_accelerator("", Arch::x86_64, host_with("vmx_like"));
    EXPECT_EQ(choice.accelerator, Accelerator::tcg);
    EXPECT_EQ(choice.reason, "the processor shows neither vmx nor svm");
}

TEST(ChooseAccelerator, SaysWhyTheDeviceDoesNotOpen) {
    auto choice =
        choose_accelerator("", Arch::x86_64, host_with("vmx", "/dev/kvm: Permission denied"));
    EXPECT_EQ(choice.reason, "/dev/kvm: Permission denied");
}

TEST(ChooseAccelerator, EmulatesAnotherArchitecture) {
    auto choice = choose_accelerator("kvm:tcg", Arch::aarch64, host_with("vmx"));
    EXPECT_EQ(choice.accelerator, Accelerator::tcg);
    EXPECT_EQ(choice.reason, "the guest is aarch64 and this machine x86_64");
}

TEST(ChooseAccelerator, TrustsTheDeviceOnArm) {
    auto choice = choose_accelerator("", Arch::aarch64, {Arch::aarch64, "Features: fp\n", ""});
    EXPECT_EQ(choice.accelerator, Accelerator::kvm);
}

TEST(ChooseAccelerator, RefusesKvmAloneWhereItDoesNotWork) {
    try {
        choose_accelerator("kvm", Arch::x86_64, host_with(""));
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "KVM does not work here: the processor shows neither vmx nor "
                                   "svm\ntry: --accel tcg");
    }
}

TEST(ChooseAccelerator, AskedForTcgGivesNoReason) {
    auto choice = choose_accelerator("tcg", Arch::x86_64, host_with("vmx"));
    EXPECT_EQ(choice.accelerator, Accelerator::tcg);
    EXPECT_EQ(choice.reason, "");
}

TEST(ChooseAccelerator, RefusesAnUnknownName) {
    EXPECT_THROW(choose_accelerator("hax", Arch::x86_64, host_with("vmx")), UsageError);
}

} // namespace
} // namespace coracle
