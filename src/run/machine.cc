// SPDX-License-Identifier: Apache-2.0
#include "run/machine.h"

#include <algorithm>

#include <fmt/format.h>

namespace coracle {

namespace {

using Words = std::vector<std::string>;

/// A value inside a list of options, where QEMU wants commas doubled.
std::string escaped(std::string_view value) {
    std::string text;
    for (char c : value)
        text.append(c == ',' ? 2 : 1, c);
    return text;
}

void add(Words& words, std::string option, std::string value) {
    words.push_back(std::move(option));
    words.push_back(std::move(value));
}

/// System Management Mode is where PCs keep their flash from the guest.
bool needs_smm(const Machine& machine) {
    return machine.secure_boot && machine.arch == Arch::x86_64;
}

/// The memory of guest and daemon is one where a directory is shared through virtiofs.
void add_processor_and_memory(const Machine& machine, Words& words) {
    bool kvm = machine.accelerator == Accelerator::kvm;
    std::string type = machine.arch == Arch::x86_64 ? "q35" : "virt";
    if (machine.arch == Arch::x86_64)
        type += ",vmport=off,sata=off,smbus=off"; // what is not used costs time at boot
    if (needs_smm(machine))
        type += ",smm=on";
    if (machine.arch == Arch::aarch64 && kvm)
        type += ",gic-version=host";
    if (!machine.shared.empty())
        type += ",memory-backend=memory";
    add(words, "-machine", type);
    add(words, "-accel", kvm ? "kvm" : "tcg");
    // Guests of several processors crash under TCG when they use cmpxchg16b.
    std::string emulated = machine.arch == Arch::x86_64    ? "max,-cx16"
                           : machine.arch == Arch::aarch64 ? "max"
                                                           : "rv64";
    add(words, "-cpu", kvm ? "host" : emulated);
    add(words, "-smp", fmt::format("{}", machine.cpus));
    std::string memory = fmt::format("{}M", machine.memory >> 20);
    add(words, "-m", memory);
    if (!machine.shared.empty())
        add(words, "-object",
            fmt::format("memory-backend-memfd,id=memory,size={},share=on", memory));
}

void add_boot(const Machine& machine, Words& words) {
    if (machine.firmware_as_kernel) {
        add(words, "-kernel", machine.firmware);
        return;
    }
    if (!machine.firmware.empty()) {
        add(words, "-drive",
            fmt::format("if=pflash,unit=0,format=raw,readonly=on,file={}",
                        escaped(machine.firmware)));
        if (!machine.firmware_store.empty())
            add(words, "-drive",
                fmt::format("if=pflash,unit=1,format=raw,file={}",
                            escaped(machine.firmware_store)));
    }
    if (needs_smm(machine)) {
        add(words, "-global", "driver=cfi.pflash01,property=secure,value=on");
        add(words, "-global", "ICH9-LPC.disable_s3=1"); // which would forget what is locked
    }
    if (machine.kernel.empty())
        return;
    add(words, "-kernel", machine.kernel);
    if (!machine.initrd.empty())
        add(words, "-initrd", machine.initrd);
    add(words, "-append", machine.cmdline);
}

/// The device through which the guest has a drive.
std::string device_of(Medium medium) {
    switch (medium) {
    case Medium::disk: break;
    case Medium::cdrom: return "scsi-cd,bus=scsi.0";
    case Medium::usb: return "usb-storage,bus=usb.0,removable=on";
    }
    return "virtio-blk-pci";
}

void add_controllers(const Machine& machine, Words& words) {
    auto has = [&](Medium medium) {
        return std::ranges::find(machine.drives, medium, &Drive::medium) != machine.drives.end();
    };
    if (has(Medium::cdrom))
        add(words, "-device", "virtio-scsi-pci,id=scsi");
    if (machine.usb || machine.gui || has(Medium::usb))
        add(words, "-device", "qemu-xhci,id=usb");
}

void add_drives(const Machine& machine, Words& words) {
    for (size_t i = 0; i < machine.drives.size(); ++i) {
        const auto& drive = machine.drives[i];
        // With the drivers named, no part of a file's name can be taken for a protocol.
        add(words, "-blockdev",
            fmt::format("driver={},node-name=drive{},read-only={},file.driver=file,"
                        "file.filename={}{}",
                        drive.format, i, drive.read_only ? "on" : "off", escaped(drive.path),
                        drive.read_only ? "" : ",discard=unmap"));
        // A kernel given directly takes the first place in the order of boot.
        add(words, "-device",
            fmt::format("{},drive=drive{}{}", device_of(drive.medium), i,
                        machine.kernel.empty() ? fmt::format(",bootindex={}", i) : ""));
    }
}

void add_network(const Machine& machine, Words& words) {
    std::string backend;
    switch (machine.networking.kind) {
    case Networking::Kind::none: add(words, "-nic", "none"); return;
    case Networking::Kind::user: backend = "user,id=net"; break;
    case Networking::Kind::bridge:
        backend = fmt::format("bridge,id=net,br={}", escaped(machine.networking.interface));
        break;
    case Networking::Kind::tap:
        backend = fmt::format("tap,id=net,script=no,downscript=no,ifname={}",
                              escaped(machine.networking.interface));
        break;
    }
    for (const auto& port : machine.publish)
        backend += fmt::format(",hostfwd={}:{}:{}-:{}", port.udp ? "udp" : "tcp", port.address,
                               port.host, port.guest);
    add(words, "-netdev", backend);
    add(words, "-device", fmt::format("virtio-net-pci,netdev=net,mac={},romfile=", machine.mac));
}

void add_devices(const Machine& machine, Words& words) {
    add(words, "-device", "virtio-rng-pci");
    for (size_t i = 0; i < machine.shared.size(); ++i) {
        const auto& shared = machine.shared[i];
        add(words, "-chardev",
            fmt::format("socket,id=shared{},path={}", i, escaped(shared.socket)));
        add(words, "-device",
            fmt::format("vhost-user-fs-pci,chardev=shared{},tag={}", i, shared.tag));
    }
    if (!machine.tpm.empty()) {
        add(words, "-chardev", fmt::format("socket,id=tpm,path={}", escaped(machine.tpm)));
        add(words, "-tpmdev", "emulator,id=tpm0,chardev=tpm");
        add(words, "-device",
            fmt::format("{},tpmdev=tpm0",
                        machine.arch == Arch::x86_64 ? "tpm-crb" : "tpm-tis-device"));
    }
    if (machine.gui)
        for (const char* device : {"virtio-vga", "usb-kbd,bus=usb.0", "usb-tablet,bus=usb.0"})
            add(words, "-device",
                device == std::string_view("virtio-vga") && machine.arch != Arch::x86_64
                    ? "virtio-gpu-pci"
                    : device);
    for (const auto& device : machine.devices)
        add(words, "-device", device);
}

void add_console(const Machine& machine, Words& words) {
    if (!machine.gui)
        add(words, "-display", "none");
    if (machine.console.empty())
        add(words, "-chardev",
            fmt::format("stdio,id=console,mux=on,signal=off{}",
                        machine.log.empty() ? "" : ",logfile=" + escaped(machine.log)));
    else
        add(words, "-chardev", fmt::format("file,id=console,path={}", escaped(machine.console)));
    add(words, "-serial", "chardev:console");
    if (machine.console.empty())
        add(words, "-mon", "chardev=console,mode=readline");
    if (!machine.monitor.empty())
        add(words, "-qmp", fmt::format("unix:{},server=on,wait=off", escaped(machine.monitor)));
    if (!machine.pid_file.empty())
        add(words, "-pidfile", machine.pid_file);
    if (machine.detached)
        words.push_back("-daemonize");
}

} // namespace

std::vector<std::string> qemu_command(const Machine& machine) {
    Words words = {qemu_program(machine.arch), "-nodefaults", "-no-user-config"};
    add_processor_and_memory(machine, words);
    add(words, "-uuid", machine.uuid);
    add_boot(machine, words);
    add_controllers(machine, words);
    add_drives(machine, words);
    add_network(machine, words);
    add_devices(machine, words);
    add_console(machine, words);
    return words;
}

std::string qemu_program(Arch arch) { return fmt::format("qemu-system-{}", name_of(arch)); }

std::string qemu_package(Arch arch) {
    switch (arch) {
    case Arch::x86_64: return "qemu-system-x86";
    case Arch::aarch64: return "qemu-system-arm";
    case Arch::riscv64: break;
    }
    return "qemu-system-misc";
}

} // namespace coracle
