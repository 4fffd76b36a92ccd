# SPDX-License-Identifier: Apache-2.0
"""Boots one disk by a BIOS and one by UEFI, whose root stays on it, verified, and whose /var grows."""

import os

from end_to_end import main
from machines import Machines


class DiskBoot(Machines):
    def flip_bits_of_the_root(self, disk):
        start, size = self.partition(disk, "root_1")
        with disk.open("r+b") as file:
            for place in range(start + size // 8, start + size // 8 * 7, 256 << 10):
                file.seek(place)
                byte = file.read(1)[0]
                file.seek(place)
                file.write(bytes([byte ^ 1]))

    def test_a_bios_starts_a_disk(self):
        self.build("--format", "raw-bios")
        self.boots("os-bios.img")

    def test_uefi_starts_a_root_that_is_verified_on_its_disk(self):
        self.build(*"--format raw-efi-verity --ab --var-size 16M --var-grow".split())
        disk = self.here / "os-efi-verity.img"
        self.on_esp(disk, "mren", "::/EFI/Linux/system_1.efi", "system_1+3.efi")
        os.truncate(disk, 40 << 30)
        said = self.boots(disk.name, until="proved itself: .* from now on", typing="poweroff")
        self.assertIn("verity: sha256", said)
        self.assertRegex(said, r"EXT4-fs \(vda6\): mounted")
        self.assertEqual(self.programs(disk), ["system_1.efi"])
        self.assertGreater(self.check_var(disk), 39 << 30)
        self.flip_bits_of_the_root(disk)
        said = self.boots("os-efi-verity.img", until=r"verity: .*data block \d+ is corrupted")
        self.assertNotIn("coracle: up", said)


if __name__ == "__main__":
    main()
