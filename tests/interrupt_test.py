# SPDX-License-Identifier: Apache-2.0
"""A build that is ended by a signal leaves nothing behind."""

import os
import signal
import subprocess

from end_to_end import CACHE, CORACLE, EXAMPLE, EndToEnd, main


class Interrupt(EndToEnd):
    def begin(self):
        """Starts a build that stops in the middle: nobody reads its output."""
        scratch = self.here / "tmp"
        scratch.mkdir()
        process = subprocess.Popen(
            [CORACLE, "--cache", str(CACHE), "-q", "build", "--format", "tar", "-o", "-", str(EXAMPLE)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": str(scratch)})
        process.stdout.read(1)
        return process

    def test_signals_end_it_by_that_signal_without_a_trace(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number), self.begin() as process:
                process.send_signal(number)
                self.assertEqual(process.wait(60), -number)
                self.assertEqual(os.listdir(self.here / "tmp"), [])
                os.rmdir(self.here / "tmp")

    def test_what_the_caller_ignores_stays_ignored(self):
        scratch = self.here / "tmp"
        scratch.mkdir()
        with subprocess.Popen(
                [CORACLE, "--cache", str(CACHE), "-q", "build", "--format", "tar", "-o", "-", str(EXAMPLE)],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as process:
            process.stdout.read(1)
            process.send_signal(signal.SIGHUP)
            while process.stdout.read(1 << 20):
                pass
            self.assertEqual(process.wait(60), 0)


if __name__ == "__main__":
    main()
