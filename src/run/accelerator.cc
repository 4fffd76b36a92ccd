// SPDX-License-Identifier: Apache-2.0
#include "run/accelerator.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"

namespace coracle {

namespace {

bool has_virtualisation_flag(const std::string& cpuinfo) {
    for (const auto& line : split(cpuinfo, '\n')) {
        if (!line.starts_with("flags"))
            continue;
        auto flags = split(line.substr(line.find(':') + 1), ' ');
        return std::ranges::any_of(flags, [](const auto& f) { return f == "vmx" || f == "svm"; });
    }
    return false;
}

/// Why KVM cannot run this guest here; "" when it can.
std::string obstacle(Arch guest, const HostAbilities& host) {
    if (guest != host.arch)
        return fmt::format("the guest is {} and this machine {}", name_of(guest),
                           name_of(host.arch));
    if (!host.kvm_error.empty())
        return host.kvm_error;
    if (host.arch == Arch::x86_64 && !has_virtualisation_flag(host.cpuinfo))
        return "the processor shows neither vmx nor svm";
    return "";
}

} // namespace

HostAbilities host_abilities() {
    HostAbilities host{host_arch(), read_file_if_present("/proc/cpuinfo").value_or(""), ""};
    Fd kvm(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
    if (!kvm)
        host.kvm_error = fmt::format("/dev/kvm: {}", std::strerror(errno));
    return host;
}

AcceleratorChoice choose_accelerator(std::string_view wanted, Arch guest,
                                     const HostAbilities& host) {
    auto list = split(wanted.empty() ? "kvm:tcg" : wanted, ':');
    for (const auto& name : list)
        if (name != "kvm" && name != "tcg")
            throw UsageError("--accel '{}' is not known", name).hint("kvm, tcg or kvm:tcg");
    if (list.front() == "tcg")
        return {Accelerator::tcg, "", false};
    std::string reason = obstacle(guest, host);
    bool may_fall_back = std::ranges::find(list, "tcg") != list.end();
    if (reason.empty())
        return {Accelerator::kvm, "", may_fall_back};
    if (!may_fall_back)
        throw Error("KVM does not work here: {}", reason).hint("--accel tcg");
    return {Accelerator::tcg, reason, false};
}

} // namespace coracle
