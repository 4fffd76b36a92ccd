# SPDX-License-Identifier: Apache-2.0
"""Starts what the files for Firecracker and cloud-hypervisor name, as these would, with QEMU in their places."""

import json
import subprocess
import time

from end_to_end import EXAMPLE, EndToEnd, main

PATIENCE = 120  # seconds; far more than a boot takes
ATTEMPTS = 3  # on a busy machine this emulation loses ticks, and the kernel waits for them for ever
QEMU = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-accel", "tcg", "-cpu", "max,-cx16", "-m", "512", "-nographic",
        "-serial", "stdio", "-no-reboot"]
# Firecracker's machine: no PCI, disks on virtio-mmio that ACPI tells of. (Its clock comes from KVM, QEMU's from a PIT.)
FIRECRACKER = ["-M", "microvm,acpi=on,pit=on,pic=on,rtc=on,x-option-roms=off", "-device", "virtio-blk-device,drive=root"]
CLOUD_HYPERVISOR = ["-M", "q35", "-device", "virtio-blk-pci,drive=root"]


class MicroVm(EndToEnd):
    def setUp(self):
        super().setUp()
        self.write("os.yml", EXAMPLE.read_text().replace("quiet ", ""))

    def boots(self, machine, kernel, initrd, cmdline, disk):
        with open(self.here / kernel, "rb") as file:
            self.assertEqual(file.read(4), b"\x7fELF")
        words = ["-kernel", kernel, "-initrd", initrd, "-append", cmdline, "-drive",
                 f"id=root,if=none,format=raw,readonly=on,file={disk}"]
        said = ""
        for _ in range(ATTEMPTS):
            said = self.start([*QEMU, *machine, *words])
            if "coracle: up: 2 services" in said:
                return self.assertNotIn("coracle: error", said)
        self.fail(said[-4000:])

    def start(self, command):
        """What is on the console when the system is up, or when it takes too long."""
        console = self.here / "console.log"
        with console.open("wb") as output:
            process = subprocess.Popen(command, cwd=self.here, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        said = ""
        until = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < until and "coracle: up: 2 services" not in said:
            time.sleep(0.2)
            said = console.read_bytes().decode(errors="replace")
        process.kill()
        process.wait()
        return said

    def firecracker(self, file):
        told = json.loads((self.here / file).read_text())
        source, [drive] = told["boot-source"], told["drives"]
        self.assertTrue(drive["is_read_only"])
        self.boots(FIRECRACKER, source["kernel_image_path"], source["initrd_path"], source["boot_args"], drive["path_on_host"])

    def cloud_hypervisor(self, file):
        told = json.loads((self.here / file).read_text())
        payload, [disk] = told["payload"], told["disks"]
        self.assertTrue(disk["readonly"])
        self.boots(CLOUD_HYPERVISOR, payload["kernel"], payload["initramfs"], payload["cmdline"], disk["path"])

    def test_ext4_as_firecracker_has_it(self):
        self.succeeds("build", "--format", "ext4", "os.yml")
        self.firecracker("os-firecracker.json")

    def test_erofs_as_firecracker_has_it(self):
        self.succeeds("build", "--format", "raw", "os.yml")
        self.firecracker("os-raw-firecracker.json")

    def test_ext4_as_cloud_hypervisor_has_it(self):
        self.succeeds("build", "--format", "ext4", "os.yml")
        self.cloud_hypervisor("os-cloud-hypervisor.json")


if __name__ == "__main__":
    main()
