# SPDX-License-Identifier: Apache-2.0
"""Boots examples/redis-os.yml in QEMU and speaks with Redis."""

import pathlib
import re
import socket
import subprocess
import time

from end_to_end import CORACLE, SYSTEM, EndToEnd, main

PATIENCE = 240  # seconds; far more than a boot takes


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, request):
    """What Redis answers, or b"" where nobody does."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request)
            return connection.recv(4096)
    except OSError:
        return b""


class Boot(EndToEnd):
    def boot(self, *words):
        """Starts the system; its console goes to a file."""
        self.port = free_port()
        self.console = self.here / "console.log"
        command = [CORACLE, "run", "--accel", "tcg", "--state", self.here / "state", "--publish",
                   f"127.0.0.1:{self.port}:6379", *words, SYSTEM]
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                                   stdout=self.console.open("wb"), stderr=subprocess.STDOUT)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdin.close)
        return process

    def tail(self):
        return self.console.read_bytes()[-4000:].decode(errors="replace")

    def wait_for_pong(self, process):
        until = time.monotonic() + PATIENCE
        while ask(self.port, b"PING\r\n") != b"+PONG\r\n":
            self.assertIsNone(process.poll(), self.tail())
            self.assertLess(time.monotonic(), until, self.tail())
            time.sleep(0.2)

    def press_power_button(self, process):
        process.stdin.write(b"\x01csystem_powerdown\n")
        process.stdin.flush()

    def test_redis_answers_and_the_power_button_ends_it_well(self):
        process = self.boot("--mem", "512")
        self.wait_for_pong(process)
        self.assertEqual(ask(self.port, b"SET greeting hello\r\n"), b"+OK\r\n")
        self.press_power_button(process)
        self.assertEqual(process.wait(PATIENCE), 0, self.tail())
        self.assertIn("Power down", self.tail())

    def test_a_machine_does_not_outlive_a_killed_program(self):
        process = self.boot("--mem", "512")
        pid_file = self.here / "state" / "qemu.pid"
        until = time.monotonic() + PATIENCE
        while not pid_file.exists() or not pid_file.read_text().strip():
            self.assertLess(time.monotonic(), until, self.tail())
            time.sleep(0.05)
        machine = pathlib.Path("/proc") / pid_file.read_text().strip()
        self.assertTrue(machine.exists())
        process.kill()
        process.wait()
        # It is a zombie until whoever inherited it looks after it.
        while machine.exists() and (machine / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
            self.assertLess(time.monotonic(), until, "QEMU still runs")
            time.sleep(0.05)

    def test_the_memory_that_is_asked_for_suffices(self):
        said = self.fails("run", "--mem", "32", SYSTEM)
        enough = re.search(r"--mem (\d+)", said)[1]
        process = self.boot("--mem", enough)
        self.wait_for_pong(process)
        self.press_power_button(process)
        self.assertEqual(process.wait(PATIENCE), 0, self.tail())


if __name__ == "__main__":
    main()
