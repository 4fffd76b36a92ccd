// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "run/accelerator.h"
#include "run/boot_source.h"
#include "run/options.h"

namespace coracle {

/// A disk of a machine, in the order in which the guest sees it.
struct Drive {
    std::string path;
    std::string format;
    bool read_only = false;
    Medium medium = Medium::disk;
};

/// A directory of the host that the guest may mount, and the socket of the daemon that serves it.
struct SharedDirectory {
    std::string path;
    std::string socket;
    std::string tag;
};

/// A machine as QEMU shall make it: all that is decided, nothing left to find out.
struct Machine {
    Arch arch = Arch::x86_64;
    Accelerator accelerator = Accelerator::tcg;
    unsigned cpus = 1;
    uint64_t memory = 0; ///< in bytes
    std::string uuid;
    std::string mac;

    std::string kernel; ///< "" = boots from its first drive
    std::string initrd;
    std::string cmdline;
    std::vector<Drive> drives;
    std::string firmware;       ///< code for the first flash; "" = the machine's own firmware
    std::string firmware_store; ///< variables for the second flash
    bool firmware_as_kernel =
        false;                ///< `firmware` is no flash: the machine's own firmware starts it
    bool secure_boot = false; ///< on PCs, only the firmware may then write to its flash
    std::string tpm;          ///< socket of the emulator; "" = none

    Networking networking{Networking::Kind::user, ""};
    std::vector<Publish> publish;
    std::vector<SharedDirectory> shared;
    std::vector<std::string> devices;
    bool usb = false;
    bool gui = false;

    std::string console;  ///< "" = standard input and output; else a file
    std::string log;      ///< file to which all of standard output goes too; "" = none
    std::string pid_file; ///< "" = none
    std::string monitor;  ///< path of a QMP socket
    bool detached = false;
};

/// The command that starts it, argv[0] first.
std::vector<std::string> qemu_command(const Machine& machine);

/// "qemu-system-x86_64", and the Debian package that has it.
std::string qemu_program(Arch arch);
std::string qemu_package(Arch arch);

} // namespace coracle
