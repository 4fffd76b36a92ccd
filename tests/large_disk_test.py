# SPDX-License-Identifier: Apache-2.0
"""Content beyond 4 GiB, where numbers of 32 bits end, in every format that can hold it."""

import hashlib
import os
import resource
import shutil
import subprocess

from end_to_end import EXAMPLE, copy_of_cache, main
from machines import Machines

MIB = 1 << 20
GIB = 1 << 30
LARGE = "files:\n  - {path: large, source: large}\n"


def output_of(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout


class LargeDisks(Machines):
    def setUp(self):
        super().setUp()
        room = os.statvfs(self.here)
        if room.f_bavail * room.f_frsize < 20 * GIB:
            self.skipTest("fewer than 20 GiB are free")

    def large_file(self, size):
        """Random bytes at its beginning, around 4 GiB and at its end; zeros between."""
        with open(self.here / "large", "wb") as file:
            file.truncate(size)
            for place in (0, 4 * GIB - MIB, size - 2 * MIB):
                file.seek(place)
                file.write(os.urandom(2 * MIB))
        self.write("os.yml", EXAMPLE.read_text() + LARGE)

    def build(self, *formats, more=()):
        cache = copy_of_cache(self.here / "cache")  # these segments are not for the others
        words = [word for name in formats for word in ("--format", name)]
        self.succeeds("build", *words, *more, "os.yml", cache=cache)
        shutil.rmtree(cache)

    def digest(self, *command):
        """Of what a program writes; of the large file itself without one."""
        digest = hashlib.sha256()
        with subprocess.Popen([str(word) for word in command or ("cat", "large")], cwd=self.here, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as process:
            while piece := process.stdout.read(MIB):
                digest.update(piece)
        return digest.hexdigest()

    def test_file_systems_hold_a_large_file(self):
        self.large_file(4 * GIB + 5 * MIB + 12345)
        self.build("ext4", "kernel+squashfs", "kernel+erofs")
        wanted = self.digest()
        output_of("e2fsck", "-fn", self.here / "os-ext4.img")
        self.assertEqual(self.digest("debugfs", "-R", "cat /large", self.here / "os-ext4.img"), wanted)
        self.assertEqual(self.digest("unsquashfs", "-cat", self.here / "os-squashfs.img", "large"), wanted)
        output_of("fsck.erofs", "--extract", self.here / "os-erofs.img")

    def test_a_verified_root_beyond_4_gib(self):
        """Its content cannot be compressed, so that the disks are as large, and read beyond 4 GiB in the guest."""
        size = 4 * GIB + 64 * MIB
        with open(self.here / "large", "wb") as file:
            subprocess.run(["openssl", "enc", "-aes-128-ctr", "-K", "00" * 16, "-iv", "00" * 16, "-in", "/dev/zero"],
                           stdout=file, stderr=subprocess.DEVNULL, preexec_fn=lambda: limit_file(size), check=False)
            self.assertEqual(file.seek(0, os.SEEK_END), size)
        self.write("os.yml", EXAMPLE.read_text().replace("quiet ", "") + LARGE)
        self.build("raw-efi-verity", "qcow2-efi-verity")
        disk, image = self.here / "os-efi-verity.img", self.here / "os-efi-verity.qcow2"
        self.assertGreater(disk.stat().st_size, size)
        output_of("qemu-img", "check", image)
        self.assertIn("identical", output_of("qemu-img", "compare", "-F", "raw", image, disk))
        disk.unlink()
        wanted = hashlib.sha256()
        with open(self.here / "large", "rb") as file:
            file.seek(4 * GIB - MIB)
            wanted.update(file.read(8 * MIB))
        command = "dd if=/proc/1/root/large bs=1M skip=4095 count=8 2>/dev/null | sha256sum; poweroff"
        self.assertIn(wanted.hexdigest(), self.boots(image.name, until=":~# ", typing=command))

    def test_disks_of_more_than_4_gib(self):
        """The second table of a GPT is at the end."""
        self.write("os.yml", EXAMPLE.read_text())
        formats = "raw-bios raw-efi qcow2-bios qcow2-efi vhd vmdk vdi vhdx aws gcp".split()
        self.build(*formats, more=("--size", "5G"))
        for name, kind, raw in (("os.qcow2", "qcow2", "os-bios.img"), ("os-efi.qcow2", "qcow2", "os-efi.img"),
                                ("os.vhd", "vpc", "os-bios.img"), ("os.vmdk", "vmdk", "os-bios.img"),
                                ("os.vdi", "vdi", "os-bios.img"), ("os.vhdx", "vhdx", "os-bios.img"),
                                ("os.raw", "raw", "os-bios.img")):
            with self.subTest(name):
                self.assertIn("identical", output_of("qemu-img", "compare", "-f", kind, "-F", "raw", self.here / name,
                                                     self.here / raw))
                self.assertLess((self.here / name).stat().st_blocks * 512, GIB)
        self.assertIn("No problems found", output_of("sgdisk", "-v", self.here / "os-efi.img"))
        output_of("tar", "-C", self.here, "-xSf", self.here / "os.img.tar.gz")
        self.assertEqual((self.here / "disk.raw").stat().st_size, 5 * GIB)


def limit_file(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


if __name__ == "__main__":
    main()
