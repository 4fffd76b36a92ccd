# SPDX-License-Identifier: Apache-2.0
"""Many processes on one cache at once, some of which are killed: nothing is lost that was finished.

$CORACLE_STRESS says for how many seconds (default 5)."""

import os
import random
import signal
import subprocess
import threading
import time

import oci_image
from end_to_end import CORACLE, EndToEnd, main

WRITERS = 8
SECONDS = float(os.environ.get("CORACLE_STRESS", "5"))


class Stress(EndToEnd):
    def archive(self, number):
        shared = oci_image.layer(oci_image.member("shared", bytes(200_000)))
        own = oci_image.layer(oci_image.member("own", random.Random(number).randbytes(500_000)))
        return oci_image.Archive().add(f"test/image{number}:1", shared, own).write(self.here / f"{number}.tar")

    def test_killed_writers_leave_a_sound_cache(self):
        cache = self.here / "cache"
        self.succeeds("cache", "ls", cache=cache)
        archives = [self.archive(number) for number in range(WRITERS)]
        finished, killed, faults, until = set(), [], [], time.monotonic() + SECONDS

        def write(number):
            chance = random.Random(1000 + number)
            while time.monotonic() < until:
                other = chance.choice([("clean", "--unused"), ("rm", f"test/image{number}:1"), None])
                words = ("import", "--override", archives[number]) if other is None or number not in finished else other
                process = subprocess.Popen([CORACLE, "--cache", cache, "-q", "cache", *map(str, words)],
                                           stderr=subprocess.PIPE, text=True)
                if chance.random() < 0.4:
                    time.sleep(chance.random() * 0.1)
                    process.send_signal(signal.SIGKILL)
                    killed.append(number)
                complaint = process.communicate()[1]
                if process.returncode == 0:
                    (finished.add if words[0] == "import" else lambda _: None)(number)
                    if words[0] == "rm":
                        finished.discard(number)
                elif process.returncode != -signal.SIGKILL:
                    faults.append(complaint)
                elif words[0] == "rm":
                    finished.discard(number)  # removed or not
                    subprocess.run([CORACLE, "--cache", cache, "-q", "cache", "rm", f"test/image{number}:1"],
                                   stderr=subprocess.DEVNULL)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(faults, [])
        self.assertGreater(len(killed), WRITERS)
        self.assertTrue(finished)
        self.succeeds("cache", "verify", cache=cache)
        for number in finished:
            self.succeeds("cache", "export", "--platform", "linux/amd64", "--outfile", "out.tar", f"test/image{number}:1", cache=cache)
        self.succeeds("cache", "clean", cache=cache)
        left = [path for path in cache.rglob("*") if path.is_file() and path.stat().st_size > 100_000]
        self.assertEqual(left, [], "what the dead left is swept")


if __name__ == "__main__":
    main()
