# SPDX-License-Identifier: Apache-2.0
"""Updates of disks with two slots: one that works, and some that do not. The steps are those of docs/updates.md."""

import os
import re

from end_to_end import EXAMPLE, main
from machines import Machines, output_of

BROKEN = """onboot:
  - name: broken
    image: "@pkg:busybox"
    command: [/bin/false]
"""


SHELL = "coracle: up: 2 services(?s:.*):~# "
# Does not end for good, and never runs well.
RESTLESS = """services:
  - name: restless
    image: "@pkg:busybox"
    command: [/bin/false]
"""


class DiskUpdate(Machines):
    def write_at(self, disk, offset, content):
        with disk.open("r+b") as file:
            file.seek(offset)
            file.write(content)

    def update(self, version, more=""):
        """The files of an update, as (root, hashes, program). `more` begins a section of its YAML."""
        text = EXAMPLE.read_text().replace("quiet ", "coracle.trial=25 " if more == RESTLESS else "")
        if more:
            text = text.replace(more.splitlines(keepends=True)[0], more)
        self.write("new.yml", text + f"files:\n  - {{path: etc/version, contents: \"{version}\"}}\n")
        self.succeeds("build", *"--format verity-update --name new --ab --var-size 16M --image-version".split(), version, "new.yml")
        return [next(self.here.glob(f"new_{version}{pattern}")) for pattern in ("_*.root", "_*.verity", "+3.efi")]

    def install(self, disk, slot, version, files, counter=3):
        """Into the partitions `slot` and `slot` + 1."""
        for number, path, suffix in ((slot, files[0], ""), (slot + 1, files[1], "_verity")):
            start = int(output_of("partx", "-g", "-o", "START", "-n", number, disk)) * 512
            self.write_at(disk, start, path.read_bytes())
            output_of("sfdisk", "--part-uuid", disk, number, path.stem.split("_")[-1])
            output_of("sfdisk", "--part-label", disk, number, f"root_{version}{suffix}")
        self.on_esp(disk, "mcopy", files[2], f"::/EFI/Linux/system_{version}+{counter}.efi")

    def test_an_update_is_tried_and_kept_or_given_up(self):
        self.build(*"--format raw-efi-verity --ab --var-size 16M --var-grow".split())
        disk = self.here / "os-efi-verity.img"
        self.boots(disk.name, until=SHELL, typing="echo from the first > /var/log/kept; sync; poweroff")

        files = self.update("2")
        self.install(disk, 4, "2", files)
        os.truncate(disk, 1 << 30)
        said = self.boots(disk.name, until="proved itself: system_2[+]2-1.efi is system_2.efi from now on",
                          typing="cat /var/log/kept /hostroot/etc/version; poweroff")
        self.assertRegex(said, r"from the first\s+2")
        self.assertEqual(self.programs(disk), ["system_1.efi", "system_2.efi"])
        self.assertGreater(self.check_var(disk), 800 << 20)

        # One whose root cannot be opened.
        files = self.update("10")
        self.on_esp(disk, "mdel", "::/EFI/Linux/system_1.efi")
        self.install(disk, 2, "10", files)
        self.write_at(disk, self.partition(disk, "root_10_verity")[0], bytes(4096))
        said = self.boots(disk.name, until=SHELL, typing="cat /hostroot/etc/version; poweroff")
        self.assertEqual(said.count("there are no hashes of dm-verity"), 3)
        self.assertEqual(len(re.findall("this system is on trial, so the machine restarts", said)), 3)
        self.assertRegex(said, r"version; poweroff\s+2")
        self.assertEqual(self.programs(disk), ["system_10+0-3.efi", "system_2.efi"])

        # One that starts and fails then.
        files = self.update("11", BROKEN)
        self.on_esp(disk, "mdel", "::/EFI/Linux/system_10+0-3.efi")
        self.install(disk, 2, "11", files, counter=1)
        said = self.boots(disk.name, until="on trial(?s:.*)" + SHELL, typing="poweroff")
        self.assertIn("onboot 'broken' failed with status 1", said)
        self.assertIn("a part of the system has failed; this system is on trial, so the machine restarts", said)
        self.assertEqual(self.programs(disk), ["system_11+0-1.efi", "system_2.efi"])

        # One that starts, with a service that does not stay.
        files = self.update("12", RESTLESS)
        self.on_esp(disk, "mdel", "::/EFI/Linux/system_11+0-1.efi")
        self.install(disk, 2, "12", files, counter=1)
        said = self.boots(disk.name, until="on trial(?s:.*)" + SHELL, typing="poweroff")
        self.assertIn("the system is not up after 25 s; this system is on trial, so the machine restarts", said)
        self.assertEqual(self.programs(disk), ["system_12+0-1.efi", "system_2.efi"])
        self.check_var(disk)


if __name__ == "__main__":
    main()
