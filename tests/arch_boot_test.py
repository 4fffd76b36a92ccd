# SPDX-License-Identifier: Apache-2.0
"""Systems for arm64 and riscv64, made on any machine and booted in QEMU, by their firmware and without."""

import pathlib
import shutil
import tarfile

from end_to_end import BUILD, EXAMPLE, main
from machines import Machines

VERBOSE = EXAMPLE.read_text().replace("quiet ", "")


class Architecture(Machines):
    """A machine of another architecture; what it takes, and the Debian packages that have it."""
    needs = {}

    def setUp(self):
        super().setUp()
        guests = {BUILD / "guest" / self.arch / "init": "-DCORACLE_GUEST_ARCHES (make matrix)"}
        for needed, package in (guests | self.needs).items():
            if not (pathlib.Path(needed).exists() or shutil.which(needed)):
                self.skipTest(f"{needed} is not there: {package}")

    def build(self, *formats):
        self.write("os.yml", VERBOSE)
        self.succeeds("build", "--arch", self.arch, *(word for name in formats for word in ("--format", name)), "os.yml")

    def boots(self, image, *words, end=None):
        """The machine is killed when the system is up, or ends by its power button or by a word to its shell."""
        ends = {"until": ":~# ", "typing": {"button": "\x01csystem_powerdown", "poweroff": "poweroff"}[end]} if end else {}
        with self.subTest(image, words=words):
            said = super().boots(image, "--arch", self.arch, *words, **ends)
            self.assertIn("coracle: up: 2 services", said)
            self.assertNotIn("coracle: error", said)
            self.assertEqual("coracle: power off" in said, bool(end))
            return said


class Arm64(Architecture):
    arch = "arm64"
    needs = {"qemu-system-aarch64": "qemu-system-arm", "/usr/share/AAVMF/AAVMF_CODE.fd": "qemu-efi-aarch64"}

    def test_a_kernel_given_directly(self):
        """Without ACPI there is no power button: the system is told on its console."""
        self.build("kernel+initrd", "kernel+squashfs", "ext4")
        self.boots("os", end="poweroff")
        for image in ("os-squashfs.img", "os-ext4.img"):
            self.boots(image)

    def test_a_kernel_given_to_the_firmware(self):
        self.build("kernel+initrd")
        self.assertIn("EFI v2", self.boots("os", "--uefi", end="button"))

    def test_disks_and_isos_for_uefi(self):
        self.build("uki", "raw-efi", "qcow2-efi", "iso-efi", "iso-efi-initrd", "aws", "vhd", "qcow2-efi-verity")
        self.boots("os-efi.img", end="button")
        for image in ("os.efi", "os-efi.qcow2", "os-efi.iso", "os-efi-initrd.iso", "os.raw", "os.vhd", "os-efi-verity.qcow2"):
            self.boots(image)
        for image in ("os-efi.img", "os-efi.iso"):
            self.boots(image, "--medium", "usb")

    def test_the_boot_partition_of_a_raspberry_pi(self):
        """Its firmware is not free: files that stand for it."""
        self.write("os.yml", VERBOSE)
        words = ("build", "--arch", self.arch, "--rpi-firmware", "firmware", "--format", "rpi3")
        self.assertIn("'bootcode.bin' is missing\n", self.fails(*words, "os.yml"))
        (self.here / "firmware" / "dtb").mkdir(parents=True)
        for name in ("bootcode.bin", "fixup.dat", "start.elf"):
            self.write(f"firmware/{name}", name)
        self.assertIn("has the device tree 'bcm2710-rpi-3-b.dtb'\n", self.fails(*words, "os.yml"))
        self.write("firmware/dtb/bcm2710-rpi-3-b.dtb", "tree")
        self.succeeds(*words, "os.yml")
        self.succeeds("build", "--arch", self.arch, "--format", "kernel+initrd", "os.yml")
        with tarfile.open(self.here / "os.tar") as tar:
            files = {member.name: tar.extractfile(member).read() for member in tar}
        self.assertEqual(sorted(files), ["bcm2710-rpi-3-b.dtb", "bootcode.bin", "cmdline.txt", "config.txt", "fixup.dat",
                                         "initrd.img", "kernel8.img", "start.elf"])
        self.assertEqual(files["start.elf"], b"start.elf")
        self.assertEqual(files["initrd.img"], (self.here / "os-initrd.img").read_bytes())
        self.assertEqual(files["kernel8.img"][56:60], b"ARM\x64")  # Linux: Documentation/arch/arm64/booting.rst
        self.assertEqual(files["cmdline.txt"].decode(), (self.here / "os-cmdline").read_text() + "\n")
        for line in (b"arm_64bit=1\n", b"kernel=kernel8.img\n", b"initramfs initrd.img followkernel\n"):
            self.assertIn(line, files["config.txt"])

    def test_formats_for_a_bios_are_refused(self):
        self.write("os.yml", VERBOSE)
        for name in ("raw-bios", "iso-bios"):
            self.assertIn("a machine of linux/arm64 has no BIOS", self.fails("build", "--arch", "arm64", "--format", name, "os.yml"))


class Riscv64(Architecture):
    arch = "riscv64"
    needs = {"qemu-system-riscv64": "qemu-system-misc", "/usr/lib/u-boot/qemu-riscv64_smode/uboot.elf": "u-boot-qemu",
             "/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin": "opensbi"}

    def test_a_kernel_given_directly(self):
        self.build("kernel+initrd", "kernel+squashfs", "ext4")
        self.boots("os", end="poweroff")
        for image in ("os-squashfs.img", "os-ext4.img"):
            self.boots(image)

    def test_disks_and_isos_for_uefi(self):
        self.build("uki", "raw-efi", "qcow2-efi", "iso-efi", "qcow2-efi-verity")
        self.assertIn("U-Boot", self.boots("os-efi.img", end="poweroff"))
        for image in ("os.efi", "os-efi.qcow2", "os-efi.iso", "os-efi-verity.qcow2"):
            self.boots(image)


del Architecture  # is no test itself

if __name__ == "__main__":
    main()
