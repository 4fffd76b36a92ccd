# SPDX-License-Identifier: Apache-2.0
"""What `run` says and decides without booting anything."""

import shlex

from end_to_end import SYSTEM, EndToEnd, main


class RunCommand(EndToEnd):
    def test_dry_run_prints_the_command_and_changes_nothing(self):
        done = self.succeeds("run", "--dry-run", "--state", "s", "--disk", "a b.qcow2,size=1G", "--mem", "512", SYSTEM)
        words = shlex.split(done.stdout.decode())
        self.assertEqual(words[words.index("-initrd") + 1], f"{SYSTEM}-initrd.img")
        self.assertTrue(any("file.filename=./a b.qcow2" in word for word in words))
        self.assertEqual(self.names_here(), [])

    def test_too_little_memory_is_said_before_booting(self):
        said = self.fails("run", "--state", "s", "--mem", "48", SYSTEM)
        self.assertRegex(said, r"^error: 48\.0 MiB is too little memory: '.*-initrd\.img' needs \d+\.\d MiB \(it has")
        self.assertRegex(said, r"\ntry: --mem \d+\n$")

    def test_nothing_to_boot_is_said(self):
        said = self.fails("run", "nothing")
        self.assertIn("error: nothing to boot: there is no nothing-kernel with", said)
        self.assertIn("try: coracle build nothing.yml", said)

    def test_the_network_address_is_kept(self):
        words = ["run", "--detached", "--dry-run", "--state", self.here / "s", "--mem", "512", SYSTEM]
        (self.here / "s").mkdir()
        self.write("s/mac-addr", "02:aa:bb:cc:dd:ee\n")
        self.assertIn("mac=02:aa:bb:cc:dd:ee", self.succeeds(*words).stdout.decode())

    def test_other_backends_are_refused_by_name(self):
        self.assertEqual(self.fails("run", "aws", "x", status=2),
                         "error: the backend 'aws' is not supported\ntry: run qemu x\n")


if __name__ == "__main__":
    main()
