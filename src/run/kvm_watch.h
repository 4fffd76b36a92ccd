// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "run/child.h"
#include "run/firmware_watch.h"

namespace coracle {

/// How a QEMU that uses KVM ended.
struct KvmEnd {
    int status;
    /// Why the guest could not live under KVM; "" when it ended as it wished. A guest that KVM
    /// cannot run does not end: QEMU stops it in the state "internal-error", and it is ended here.
    std::string failure;
};

/// Waits for the end of `qemu`, whose standard error must be read from here: it is passed on to
/// ours. `monitor` is the path of its QMP socket; "" = only its end is seen. `firmware` is listened
/// to as well; nullptr = none.
KvmEnd watch_kvm(Child& qemu, const std::string& monitor, FirmwareWatch* firmware);

} // namespace coracle
