# SPDX-License-Identifier: Apache-2.0
"""Boots the formats whose root is an image of its own, and the ISOs, until the system says that it is up."""

import subprocess
import time

from end_to_end import CORACLE, EXAMPLE, EndToEnd, main

PATIENCE = 400  # seconds; far more than a boot takes


class RootBoot(EndToEnd):
    def boots(self, form, *words, prefix="os", memory="512", renamed=None):
        """Builds, boots, waits for the services, reads the console to the end of the machine."""
        self.write("os.yml", EXAMPLE.read_text().replace("quiet ", ""))
        self.succeeds("build", "--format", form, "os.yml")
        if renamed:
            (self.here / renamed).rename(self.here / prefix)
        console = self.here / "console.log"
        process = subprocess.Popen([CORACLE, "run", "--accel", "tcg", "--mem", memory, "--state", "state", *words, prefix],
                                   cwd=self.here, stdin=subprocess.PIPE, stdout=console.open("wb"),
                                   stderr=subprocess.STDOUT)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdin.close)
        until = time.monotonic() + PATIENCE
        text = ""
        while "coracle: up: 2 services" not in text:
            text = console.read_bytes().decode(errors="replace")
            self.assertIsNone(process.poll(), text[-4000:])
            self.assertLess(time.monotonic(), until, text[-4000:])
            time.sleep(0.2)
        self.assertNotIn("coracle: error", text)
        process.stdin.write(b"\x01csystem_powerdown\n")
        process.stdin.flush()
        self.assertEqual(process.wait(PATIENCE), 0, console.read_bytes()[-4000:])
        return text

    def test_squashfs(self):
        self.boots("kernel+squashfs", memory="192")

    def test_erofs(self):
        self.assertIn("erofs", self.boots("kernel+erofs", memory="192"))

    def test_iso_as_a_root(self):
        self.boots("kernel+iso", memory="192")

    def test_ext4(self):
        self.assertIn("EXT4-fs (vda): mounted", self.boots("ext4", memory="192"))

    def test_iso_for_a_bios(self):
        self.boots("iso-bios")

    def test_iso_for_a_bios_as_a_disk(self):
        self.boots("iso-bios", prefix="disk.img", renamed="os.iso")

    def test_iso_for_uefi_as_a_disk(self):
        self.boots("iso-efi", "--uefi", prefix="disk.img", memory="768", renamed="os-efi.iso")

    def test_iso_for_uefi(self):
        self.boots("iso-efi", "--uefi", prefix="os-efi.iso", memory="768")

    def test_iso_for_uefi_with_a_loader(self):
        self.boots("iso-efi-initrd", "--uefi", prefix="os-efi-initrd.iso", memory="768")


if __name__ == "__main__":
    main()
