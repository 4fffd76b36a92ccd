// SPDX-License-Identifier: Apache-2.0
#include "run/machine.h"

#include <gmock/gmock.h>

#include "base/text.h"

namespace coracle {
namespace {

using testing::HasSubstr;
using testing::Not;

Machine small_machine() {
    Machine machine;
    machine.memory = uint64_t{160} << 20;
    machine.mac = "02:00:00:00:00:01";
    machine.uuid = "00000000-0000-4000-8000-000000000000";
    machine.kernel = "./os-kernel";
    machine.initrd = "./os-initrd.img";
    machine.cmdline = "console=ttyS0 quiet";
    return machine;
}

std::string line_of(const Machine& machine) { return join(qemu_command(machine), " "); }

TEST(QemuCommand, BootsKernelAndInitrd) {
    auto command = qemu_command(small_machine());
    EXPECT_EQ(command[0], "qemu-system-x86_64");
    auto line = join(command, "|");
    EXPECT_THAT(line, HasSubstr("-kernel|./os-kernel|-initrd|./os-initrd.img|"
                                "-append|console=ttyS0 quiet|"));
    EXPECT_THAT(line, HasSubstr("-m|160M|"));
}

TEST(QemuCommand, EmulatesWithoutCmpxchg16b) {
    EXPECT_THAT(line_of(small_machine()), HasSubstr("-accel tcg -cpu max,-cx16 "));
}

TEST(QemuCommand, ShowsTheHostsProcessorUnderKvm) {
    auto machine = small_machine();
    machine.accelerator = Accelerator::kvm;
    EXPECT_THAT(line_of(machine), HasSubstr("-accel kvm -cpu host "));
    machine.arch = Arch::aarch64;
    EXPECT_THAT(line_of(machine), HasSubstr("-machine virt,gic-version=host "));
}

TEST(QemuCommand, DoublesCommasInNames) {
    auto machine = small_machine();
    machine.drives.push_back({"./a,b:c", "qcow2"});
    machine.monitor = "./x,y/qmp.sock";
    EXPECT_THAT(line_of(machine), HasSubstr("file.filename=./a,,b:c,"));
    EXPECT_THAT(line_of(machine), HasSubstr("unix:./x,,y/qmp.sock,server=on"));
}

TEST(QemuCommand, DoesNotEscapeWhatQemuTakesAsItIs) {
    auto machine = small_machine();
    machine.kernel = "./a,b-kernel";
    EXPECT_THAT(line_of(machine), HasSubstr("-kernel ./a,b-kernel "));
}

TEST(QemuCommand, ForwardsPublishedPorts) {
    auto machine = small_machine();
    machine.publish = {{"", 6379, 6379}, {"127.0.0.1", 5353, 53, true}};
    EXPECT_THAT(line_of(machine), HasSubstr("-netdev user,id=net,hostfwd=tcp::6379-:6379,"
                                            "hostfwd=udp:127.0.0.1:5353-:53 "));
}

TEST(QemuCommand, JoinsABridgeOrATapDevice) {
    auto machine = small_machine();
    machine.networking = {Networking::Kind::bridge, "br0"};
    EXPECT_THAT(line_of(machine), HasSubstr("-netdev bridge,id=net,br=br0 "));
    machine.networking = {Networking::Kind::tap, "tap3"};
    EXPECT_THAT(line_of(machine),
                HasSubstr("-netdev tap,id=net,script=no,downscript=no,ifname=tap3 "));
}

TEST(QemuCommand, LeavesTheNetworkOut) {
    auto machine = small_machine();
    machine.networking = {Networking::Kind::none, ""};
    EXPECT_THAT(line_of(machine), HasSubstr("-nic none"));
    EXPECT_THAT(line_of(machine), Not(HasSubstr("virtio-net")));
}

TEST(QemuCommand, KeepsTheOrderOfDrives) {
    auto machine = small_machine();
    machine.drives = {
        {"./root", "raw", true}, {"./data", "raw"}, {"./cd.iso", "raw", true, Medium::cdrom}};
    auto line = line_of(machine);
    EXPECT_LT(line.find("virtio-blk-pci,drive=drive0 "), line.find("virtio-blk-pci,drive=drive1 "));
    EXPECT_THAT(line, HasSubstr("-device virtio-scsi-pci,id=scsi -blockdev"));
    EXPECT_THAT(line, HasSubstr("-device scsi-cd,bus=scsi.0,drive=drive2 "));
}

TEST(QemuCommand, HasOneControllerForAllOnUsb) {
    auto machine = small_machine();
    machine.kernel.clear();
    machine.usb = true;
    machine.drives = {{"./os.iso", "raw", true, Medium::usb}};
    auto line = line_of(machine);
    EXPECT_THAT(line, HasSubstr("-device usb-storage,bus=usb.0,removable=on,drive=drive0,"
                                "bootindex=0 "));
    EXPECT_EQ(line.find("qemu-xhci"), line.rfind("qemu-xhci"));
    machine.usb = false;
    EXPECT_THAT(line_of(machine), HasSubstr("-device qemu-xhci,id=usb -blockdev"));
}

TEST(QemuCommand, BootsFromTheFirstDriveWithoutAKernel) {
    auto machine = small_machine();
    machine.drives = {{"./os.iso", "raw", true, Medium::cdrom}, {"./data", "raw"}};
    EXPECT_THAT(line_of(machine), Not(HasSubstr("bootindex")));
    machine.kernel.clear();
    EXPECT_THAT(line_of(machine), HasSubstr("drive=drive0,bootindex=0 "));
    EXPECT_THAT(line_of(machine), HasSubstr("drive=drive1,bootindex=1 "));
}

TEST(QemuCommand, GivesFirmwareItsVariables) {
    auto machine = small_machine();
    machine.firmware = "/code.fd";
    machine.firmware_store = "./os-state/firmware-variables.fd";
    EXPECT_THAT(line_of(machine),
                HasSubstr("unit=0,format=raw,readonly=on,file=/code.fd "
                          "-drive if=pflash,unit=1,format=raw,file=./os-state/firmware"));
}

TEST(QemuCommand, StartsFirmwareThatIsNoFlash) {
    auto machine = small_machine();
    machine.arch = Arch::riscv64;
    machine.kernel.clear();
    machine.firmware = "/uboot.elf";
    machine.firmware_as_kernel = true;
    EXPECT_THAT(line_of(machine), HasSubstr(" -kernel /uboot.elf "));
    EXPECT_THAT(line_of(machine), Not(HasSubstr("pflash")));
}

TEST(QemuCommand, SharesMemoryWithVirtiofsd) {
    auto machine = small_machine();
    machine.shared = {{"/srv", "./os-state/virtiofs0.sock", "virtiofs0"}};
    auto line = line_of(machine);
    EXPECT_THAT(line, HasSubstr("memory-backend=memory "));
    EXPECT_THAT(line, HasSubstr("memory-backend-memfd,id=memory,size=160M,share=on"));
    EXPECT_THAT(line, HasSubstr("vhost-user-fs-pci,chardev=shared0,tag=virtiofs0"));
}

TEST(QemuCommand, DetachedWritesItsConsoleToAFile) {
    auto machine = small_machine();
    machine.detached = true;
    machine.console = "/s/console.log";
    machine.pid_file = "/s/qemu.pid";
    auto line = line_of(machine);
    EXPECT_THAT(line, HasSubstr("-chardev file,id=console,path=/s/console.log"));
    EXPECT_THAT(line, Not(HasSubstr("stdio")));
    EXPECT_THAT(line, HasSubstr("-pidfile /s/qemu.pid -daemonize"));
}

TEST(QemuCommand, KeepsTheFlashOfSecureBootFromTheGuest) {
    auto machine = small_machine();
    machine.firmware = "/code.fd";
    machine.firmware_store = "./store.fd";
    EXPECT_THAT(line_of(machine), Not(HasSubstr("smm")));
    machine.secure_boot = true;
    EXPECT_THAT(line_of(machine), HasSubstr("-machine q35,vmport=off,sata=off,smbus=off,smm=on "));
    EXPECT_THAT(line_of(machine), HasSubstr(" -global driver=cfi.pflash01,property=secure,value=on"
                                            " -global ICH9-LPC.disable_s3=1 "));
    machine.arch = Arch::aarch64;
    EXPECT_THAT(line_of(machine), Not(HasSubstr("-global")));
}

TEST(QemuCommand, ConnectsTheTpm) {
    auto machine = small_machine();
    machine.tpm = "./a,b/tpm.sock";
    EXPECT_THAT(line_of(machine),
                HasSubstr("-chardev socket,id=tpm,path=./a,,b/tpm.sock "
                          "-tpmdev emulator,id=tpm0,chardev=tpm -device tpm-crb,tpmdev=tpm0 "));
    machine.arch = Arch::aarch64;
    EXPECT_THAT(line_of(machine), HasSubstr("-device tpm-tis-device,tpmdev=tpm0 "));
}

TEST(QemuCommand, LogsTheConsole) {
    auto machine = small_machine();
    machine.log = "/dev/fd/7";
    EXPECT_THAT(line_of(machine),
                HasSubstr("stdio,id=console,mux=on,signal=off,logfile=/dev/fd/7 "));
}

TEST(QemuCommand, HasAMachineForEachArchitecture) {
    auto machine = small_machine();
    machine.arch = Arch::aarch64;
    EXPECT_THAT(line_of(machine), HasSubstr("qemu-system-aarch64 "));
    EXPECT_THAT(line_of(machine), HasSubstr("-machine virt -accel tcg -cpu max "));
    machine.arch = Arch::riscv64;
    EXPECT_THAT(line_of(machine), HasSubstr("-machine virt -accel tcg -cpu rv64 "));
}

} // namespace
} // namespace coracle
