# SPDX-License-Identifier: Apache-2.0
"""Boots every format that is a disk or an EFI program, by the firmware that `run` finds for it."""

import os
import subprocess

from end_to_end import EXAMPLE, main
from machines import Machines


class DiskMatrix(Machines):
    def test_disks(self):
        self.build(*"--format raw-efi --format qcow2-bios --format qcow2-efi --format uki --format aws".split(),
                   *"--format vhd --format vmdk --format vdi --format vhdx --format qcow2-efi-verity --ab".split())
        for image in ("os-efi.img", "os.qcow2", "os-efi.qcow2", "os.efi", "os.raw", "os.vhd", "os.vmdk", "os.vdi", "os.vhdx",
                      "os-efi-verity.qcow2"):
            with self.subTest(image):
                self.boots(image)

    def test_secure_boot_starts_what_is_signed(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-days", "1",
                        "-keyout", self.here / "key.pem", "-out", self.here / "cert.pem"], check=True, capture_output=True)
        self.build(*"--format qcow2-efi --format uki --format iso-efi --format raw-efi-verity --ab".split(),
                   "--secure-boot-key", "key.pem", "--secure-boot-cert", "cert.pem")
        for image in ("os-efi.qcow2", "os.efi", "os-efi.iso", "os-efi-verity.img"):
            with self.subTest(image):
                self.assertIn("secureboot: Secure boot enabled", self.boots(image, "--secure-boot", "cert.pem", "--tpm"))

    def test_usb_sticks(self):
        self.build(*"--format raw-bios --format raw-efi --format iso-bios --format iso-efi".split())
        for image in ("os-bios.img", "os-efi.img", "os.iso", "os-efi.iso"):
            with self.subTest(image):
                self.boots(image, "--medium", "usb")

    def test_large_systems_for_a_bios(self):
        """Of sizes on both sides of what a FAT of 16 bits holds, and odd ones."""
        volumes = "volumes: [{name: data}, {name: image, image: '@pkg:redis', readonly: true}]\n"
        for size in (1, 3_000_001, 7_654_321, 40 << 20, 333_333_333):
            (self.here / "noise").write_bytes(os.urandom(size))
            self.write("os.yml", EXAMPLE.read_text().replace("quiet ", "") + volumes +
                       "files:\n  - {path: noise, source: noise}\n")
            self.succeeds("build", "--format", "raw-bios", "os.yml")
            with self.subTest(size):
                self.boots("os-bios.img", memory="1500")

    def test_a_dynamic_vhd(self):
        self.build("--format", "dynamic-vhd")
        self.boots("os.vhd")


if __name__ == "__main__":
    main()
