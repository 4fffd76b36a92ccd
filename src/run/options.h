// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coracle {

/// What `run` is asked for, in the words of the command line.
struct RunOptions {
    std::string prefix;                ///< PREFIX of PREFIX-kernel ..., or the path of an image
    unsigned cpus = 1;                 ///< --cpus
    std::string memory = "1024";       ///< --mem: MiB, or with a suffix
    std::vector<std::string> disks;    ///< --disk [file=]PATH[,size=1G][,format=F]
    std::string arch;                  ///< --arch; "" = the host's
    std::string accel;                 ///< --accel kvm, tcg, kvm:tcg; "" = what works
    bool kernel = false;               ///< --kernel: PREFIX is kernel+initrd
    bool iso = false;                  ///< --iso: PREFIX is an ISO
    bool squashfs = false;             ///< --squashfs: PREFIX is kernel+squashfs
    bool uefi = false;                 ///< --uefi
    std::string firmware;              ///< --fw
    std::string medium;                ///< --medium disk, cdrom, usb; "" = as PREFIX is
    std::string secure_boot;           ///< --secure-boot: certificate; "" = without
    bool tpm = false;                  ///< --tpm
    bool gui = false;                  ///< --gui
    std::string state;                 ///< --state; "" = PREFIX-state
    std::string data;                  ///< --data: metadata for the guest
    std::string data_file;             ///< --data-file: a file with it
    std::string networking = "user";   ///< --networking
    std::vector<std::string> publish;  ///< --publish [ADDRESS:]HOST:GUEST[/udp]
    bool usb = false;                  ///< --usb
    std::vector<std::string> devices;  ///< --device DRIVER[,PROPERTY=VALUE...]
    std::vector<std::string> virtiofs; ///< --virtiofs DIRECTORY
    std::string virtiofsd;             ///< --virtiofsd: path of the daemon
    bool detached = false;             ///< --detached
    bool dry_run = false;              ///< --dry-run: print the command, do nothing
};

enum class Arch { x86_64, aarch64, riscv64 };

/// Knows the names of Go and of Debian too: amd64, arm64. Throws UsageError for any other.
Arch parse_arch(std::string_view name);
/// As uname and QEMU call it.
std::string_view name_of(Arch arch);
Arch host_arch();

/// What a disk of the machine is to the guest.
enum class Medium { disk, cdrom, usb };
Medium parse_medium(std::string_view text);

/// A size: a number of MiB, or a number with one of the suffixes K, M, G, T (also KiB, MB, ...),
/// which count in 1024. Throws UsageError; `what` is the option in question.
uint64_t parse_size(std::string_view text, std::string_view what);

struct DiskOption {
    std::string path;             ///< "" = in the state directory
    std::optional<uint64_t> size; ///< in bytes; a disk that is absent is created with it
    std::string format;           ///< "" = by its content or its name
};
DiskOption parse_disk(std::string_view text);

struct Publish {
    std::string address; ///< of the host; "" = all
    uint16_t host;
    uint16_t guest;
    bool udp = false;
};
Publish parse_publish(std::string_view text);

struct Networking {
    enum class Kind { user, bridge, tap, none };
    Kind kind;
    std::string interface; ///< the bridge or the tap device
};
Networking parse_networking(std::string_view text);

} // namespace coracle
