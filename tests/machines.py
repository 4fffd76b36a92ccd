# SPDX-License-Identifier: Apache-2.0
"""Booting what was built until its console says so."""

import json
import os
import pathlib
import re
import subprocess
import time

from end_to_end import CORACLE, EXAMPLE, EndToEnd

os.environ["PATH"] += ":/usr/sbin:/sbin"  # sfdisk, e2fsck, for those who are not root
PATIENCE = 400  # seconds; far more than a boot takes


def output_of(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout


class Machines(EndToEnd):
    def build(self, *words):
        self.write("os.yml", EXAMPLE.read_text().replace("quiet ", ""))
        self.succeeds("build", *words, "os.yml")

    def boots(self, image, *words, until="coracle: up: 2 services", typing="", memory="512"):
        """Boots it until the console says so; then types this, and waits until the machine ends; returns what it said."""
        console = self.here / f"{image}.log"
        command = [CORACLE, "run", "--accel", "tcg", "--mem", memory, "--state", f"{image}.state", *words, image]
        with console.open("wb") as output:
            process = subprocess.Popen(command, cwd=self.here, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + PATIENCE
            while True:
                said = console.read_bytes().decode(errors="replace")
                ended = process.poll() is not None
                if typing is None:
                    if ended:
                        return said
                elif re.search(until, said):
                    if not typing:
                        return said
                    process.stdin.write(typing.encode() + b"\n")
                    process.stdin.flush()
                    typing = None
                else:
                    self.assertFalse(ended, said[-3000:])
                self.assertLess(time.monotonic(), end, said[-3000:])
                time.sleep(0.3)
        finally:
            process.kill()
            process.wait()
            process.stdin.close()

    def partition(self, disk, name):
        """Offset and size in bytes of the first partition of this name."""
        table = json.loads(output_of("sfdisk", "-J", disk))["partitiontable"]["partitions"]
        found = next(one for one in table if one["name"] == name)
        return found["start"] * 512, found["size"] * 512

    def programs(self, disk):
        """The entries that systemd's boot loader finds."""
        return sorted(pathlib.PurePath(name).name for name in self.on_esp(disk, "mdir", "-b", "::/EFI/Linux").split())

    def on_esp(self, disk, program, *words):
        return output_of(program, "-i", f"{disk}@@{self.partition(disk, 'esp')[0]}", *words)

    def check_var(self, disk):
        """/var is clean; returns its size in bytes."""
        offset, size = self.partition(disk, "var")
        output_of("e2fsck", "-fn", f"{disk}?offset={offset}")
        blocks = re.search(r"Block count: *(\d+)", output_of("dumpe2fs", "-h", f"{disk}?offset={offset}"))[1]
        self.assertEqual(int(blocks) * 4096 // (128 << 20), size // (128 << 20))
        return size
