# SPDX-License-Identifier: Apache-2.0
"""Booting what was built until its console says so."""

import re
import subprocess
import time

from end_to_end import CORACLE, EXAMPLE, EndToEnd

PATIENCE = 400  # seconds; far more than a boot takes


class Machines(EndToEnd):
    def build(self, *words):
        self.write("os.yml", EXAMPLE.read_text().replace("quiet ", ""))
        self.succeeds("build", *words, "os.yml")

    def boots(self, image, *words, until="coracle: up: 2 services"):
        """Boots it until the console says so; returns what it said."""
        console = self.here / f"{image}.log"
        command = [CORACLE, "run", "--accel", "tcg", "--mem", "512", "--state", f"{image}.state", *words, image]
        with console.open("wb") as output:
            process = subprocess.Popen(command, cwd=self.here, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + PATIENCE
            while True:
                said = console.read_bytes().decode(errors="replace")
                if re.search(until, said):
                    return said
                self.assertIsNone(process.poll(), said[-3000:])
                self.assertLess(time.monotonic(), end, said[-3000:])
                time.sleep(0.3)
        finally:
            process.kill()
            process.wait()
            process.stdin.close()
