# SPDX-License-Identifier: Apache-2.0
"""Boots one disk by a BIOS and one by UEFI, whose root stays on it, verified."""

import re
import subprocess

from end_to_end import main
from machines import Machines


class DiskBoot(Machines):
    def flip_bits_of_the_root(self, disk):
        table = subprocess.run(["sfdisk", "-d", disk], check=True, capture_output=True, text=True).stdout
        start, size = (int(number) * 512 for number in re.search(r"img2 : start= *(\d+), size= *(\d+)", table).groups())
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
        self.build("--format", "raw-efi-verity", "--var-size", "64M")
        said = self.boots("os-efi-verity.img")
        self.assertIn("verity: sha256", said)
        self.assertRegex(said, r"EXT4-fs \(vda4\): mounted")
        self.flip_bits_of_the_root(self.here / "os-efi-verity.img")
        said = self.boots("os-efi-verity.img", until=r"verity: .*data block \d+ is corrupted")
        self.assertNotIn("coracle: up", said)


if __name__ == "__main__":
    main()
