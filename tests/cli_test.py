# SPDX-License-Identifier: Apache-2.0
"""The command line: help, names, statuses."""

import os
import subprocess

from end_to_end import CORACLE, EndToEnd, main


class CommandLine(EndToEnd):
    def test_every_command_has_help_with_an_example(self):
        for command in ("build", "run", "pkg build", "cache ls", "version", "completion"):
            with self.subTest(command):
                help_text = self.succeeds(*command.split(), "--help").stdout.decode()
                self.assertIn("Usage: coracle " + command, help_text)
                self.assertIn("Examples:\n  coracle " if command != "completion" else "Examples:\n", help_text)

    def test_the_links_linuxkit_and_moby_are_the_same_program(self):
        for name in ("linuxkit", "moby"):
            os.symlink(CORACLE, self.here / name)
            done = subprocess.run([self.here / name, "version"], capture_output=True, text=True, check=True)
            self.assertRegex(done.stdout, r"^coracle \d+\.\d+\.\d+\n$")

    def test_a_wrong_command_line_has_status_2_and_a_suggestion(self):
        self.assertEqual(self.fails("buidl", "x.yml", status=2),
                         "error: unknown command 'buidl'\ntry: build, if that was meant, or coracle --help\n")
        self.assertEqual(self.fails("build", "--fromat", "tar", "x.yml", status=2),
                         "error: unknown option '--fromat'\n"
                         "try: --format, if that was meant, or coracle build --help\n")

    def test_a_failure_has_status_1(self):
        self.assertIn("error: ", self.fails("build", "no-such.yml", status=1))

    def test_completion_scripts_are_sound(self):
        script = self.succeeds("completion", "bash").stdout
        subprocess.run(["bash", "-n"], input=script, check=True)
        asked = b"\nCOMP_WORDS=(coracle run --pub); COMP_CWORD=2; _coracle; echo ${COMPREPLY[@]}"
        done = subprocess.run(["bash"], input=script + asked, capture_output=True, check=True)
        self.assertEqual(done.stdout, b"--publish\n")
        for words, offered in (("build --format qcow2-b", "qcow2-bios"), ("build --format tar,rpi", "tar,rpi3"),
                               ("run --medium c", "cdrom"), ("build --sbom-format s", "spdx")):
            asked = f"\nCOMP_WORDS=(coracle {words}); COMP_CWORD=3; _coracle; echo ${{COMPREPLY[@]}}".encode()
            done = subprocess.run(["bash"], input=script + asked, capture_output=True, check=True)
            self.assertEqual(done.stdout.decode(), offered + "\n")

    def test_manual_pages_name_every_option_of_run(self):
        self.succeeds("manual", self.here)
        page = (self.here / "coracle-run.1").read_text()
        for option in ("cpus", "mem", "disk", "arch", "accel", "kernel", "iso", "squashfs", "uefi", "fw", "gui", "state",
                       "data", "networking", "publish", "usb", "device", "virtiofs", "virtiofsd", "detached"):
            self.assertIn(f"\\-\\-{option}\\fR", page)
        self.assertIn("\\-\\-data\\-file\\fR", page)


if __name__ == "__main__":
    main()
