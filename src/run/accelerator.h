// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "run/options.h"

namespace coracle {

/// How the guest's processor comes about.
enum class Accelerator { kvm, tcg };

/// What decides about KVM, gathered from the host.
struct HostAbilities {
    Arch arch;
    std::string cpuinfo;   ///< content of /proc/cpuinfo
    std::string kvm_error; ///< why /dev/kvm cannot be opened; "" when it can
};
HostAbilities host_abilities();

struct AcceleratorChoice {
    Accelerator accelerator;
    std::string reason; ///< why not KVM; "" with KVM and where TCG was asked for
    bool may_fall_back; ///< to TCG, when the guest dies under KVM
};

/// `wanted` is --accel: "kvm", "tcg", or a list as "kvm:tcg" ("" is that) whose first that works is
/// taken. Throws when KVM alone is wanted and does not work here. A /dev/kvm that opens proves
/// nothing on x86: where the processor shows neither vmx nor svm, stock kernels hang or die under
/// it.
AcceleratorChoice choose_accelerator(std::string_view wanted, Arch guest,
                                     const HostAbilities& host);

} // namespace coracle
