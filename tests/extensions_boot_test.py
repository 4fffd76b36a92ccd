# SPDX-License-Identifier: Apache-2.0
"""Boots a system in which every extension of Coracle's shows what it does."""

import re
import subprocess
import time

from end_to_end import CORACLE, EndToEnd, main

PATIENCE = 240  # seconds; far more than a boot takes

# panic=1: an emulated machine on a busy one may fail to prove its timer, and tries again.
# Each container says what it sees. Services repeat nothing by themselves: what comes twice was started twice.
YAML = r"""
kernel:
  image: "@pkg:kernel"
  cmdline: console=ttyS0 panic=1 quiet rootfstype=ramfs linuxkit.runc_console=1
init: ["@pkg:init", "@pkg:crun"]
onboot:
  - name: endless
    image: "@pkg:busybox"
    command: [sh, -c, "echo endless: begins; while :; do sleep 1; done"]
    timeout: 1s
    optional: true
  - name: failing
    image: "@pkg:busybox"
    command: [sh, -c, "echo failing: says no; exit 3"]
    optional: true
services:
  - name: a-last
    image: "@pkg:busybox"
    after: [m-middle]
    command: [sh, -c, "echo started: a-last; sleep 10000"]
  - name: m-middle
    image: "@pkg:busybox"
    after: [z-first]
    command: [sh, -c, "echo started: m-middle; sleep 10000"]
  - name: z-first
    image: "@pkg:busybox"
    command: [sh, -c, "echo started: z-first; sleep 10000"]
  - name: once
    image: "@pkg:busybox"
    restart: never
    command: [sh, -c, "echo once: runs"]
  - name: until-well
    image: "@pkg:busybox"
    restart: on-failure
    binds: ["/run:/host"]
    command: [sh, -c, "echo x >> /host/count; n=$(wc -l < /host/count); echo until-well: try $((n)); [ $n -ge 3 ]"]
  - name: always
    image: "@pkg:busybox"
    command: [sh, -c, "echo always: runs"]
  - name: guarded
    image: "@pkg:busybox"
    seccomp: default
    restart: never
    command: [sh, -c, "echo guarded: mode $(grep Seccomp: /proc/self/status | tr -dc 0-9); unshare -U true || echo guarded: refused"]
  - name: unguarded
    image: "@pkg:busybox"
    seccomp: unconfined
    restart: never
    command: [sh, -c, "echo unguarded: mode $(grep Seccomp: /proc/self/status | tr -dc 0-9)"]
  - name: private
    image: "@pkg:busybox"
    userns: auto
    restart: never
    command: [sh, -c, "echo private: $(id -u) is $(tr -s ' ' < /proc/self/uid_map); touch /of-root && echo private: owns its files"]
  - name: also-private
    image: "@pkg:busybox"
    userns: auto
    restart: never
    command: [sh, -c, "echo also-private: $(id -u) is $(tr -s ' ' < /proc/self/uid_map)"]
"""


class Extensions(EndToEnd):
    def test_the_guest_honours_them(self):
        self.write("os.yml", YAML)
        self.succeeds("build", "os.yml")
        console = self.here / "console.log"
        words = [CORACLE, "run", "--accel", "tcg", "--mem", "512", "--state", "state", "os"]
        with console.open("wb") as log:
            machine = subprocess.Popen(words, cwd=self.here, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT)
        self.addCleanup(machine.wait)
        self.addCleanup(machine.kill)
        self.addCleanup(machine.stdin.close)

        def said():
            return console.read_bytes().decode(errors="replace").replace("\r", "")

        awaited = (r"coracle: up: ", r"until-well: try 3", r"always: runs[\s\S]*always: runs", r"guarded: refused",
                   r"\bunguarded: mode 0", r"private: owns its files", r"also-private: 0 is", r"once: runs", r"started: a-last")
        until = time.monotonic() + PATIENCE
        while not all(re.search(one, said()) for one in awaited):
            missing = [one for one in awaited if not re.search(one, said())]
            self.assertIsNone(machine.poll(), said()[-4000:])
            self.assertLess(time.monotonic(), until, f"{missing} not in\n{said()[-8000:]}")
            time.sleep(0.2)
        machine.stdin.write(b"\x01csystem_powerdown\n")
        machine.stdin.flush()
        self.assertEqual(machine.wait(PATIENCE), 0, said()[-4000:])
        self.check(said())

    def check(self, text):
        # onboot: what runs too long is ended, what fails is not in the way.
        self.assertIn("endless: begins", text)
        self.assertIn("failing: says no", text)
        # services: in their order, and again as they ask.
        self.assertEqual(re.findall(r"started: ([\w-]+)", text), ["z-first", "m-middle", "a-last"])
        self.assertEqual(text.count("once: runs"), 1)
        self.assertEqual(re.findall(r"until-well: try (\d)", text), ["1", "2", "3"])
        # seccomp: a filter, which refuses what is on no ordinary program's list.
        self.assertIn("guarded: mode 2\n", text)
        # userns: ids of their own, 65536 each, from 0 inside.
        ranges = [tuple(map(int, found)) for found in re.findall(r"private: 0 is +0 (\d+) (\d+)", text)]
        self.assertEqual([size for _, size in ranges], [65536, 65536])
        self.assertGreaterEqual(min(first for first, _ in ranges), 65536)
        self.assertGreaterEqual(abs(ranges[0][0] - ranges[1][0]), 65536)


if __name__ == "__main__":
    main()
