// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/fd.h"
#include "run/child.h"

namespace coracle {

/// Understands what UEFI firmware (EDK2) says on the console, which comes in pieces of any size.
class FirmwareTalk {
public:
    void hear(std::string_view text);
    /// Secure Boot has refused what was there to start, and nothing else was found.
    bool refused() const { return refused_; }

private:
    std::string line_;
    bool denied_ = false;
    bool refused_ = false;
};

/// Listens to the console of one QEMU. Firmware that refuses a system does not end: it waits for
/// somebody at the keyboard.
class FirmwareWatch {
public:
    FirmwareWatch();
    /// For QEMU to log the console to; only a Child that is started before listen() has it.
    std::string path() const;
    /// Takes what has come, waiting for it; false when QEMU has ended. Ends it when the system has
    /// been refused.
    bool take(Child& qemu);
    /// From here on, the end of QEMU is seen.
    void listen() { write_.reset(); }
    int fd() const { return read_.get(); }
    bool refused() const { return talk_.refused(); }

private:
    Fd read_;
    Fd write_;
    FirmwareTalk talk_;
};

} // namespace coracle
