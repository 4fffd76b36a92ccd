# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: the program under test, a directory for each test, a system already built."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

CORACLE = os.environ["CORACLE"]
SOURCE = pathlib.Path(os.environ["CORACLE_SOURCE"])
BUILD = pathlib.Path(os.environ["CORACLE_BUILD"])
SHARED = BUILD / "end-to-end"  # filled by packages_test.py
CACHE = SHARED / "cache"
SYSTEM = SHARED / "redis-os"  # the prefix of a built examples/redis-os.yml
EXAMPLE = SOURCE / "examples" / "redis-os.yml"


class EndToEnd(unittest.TestCase):
    """A test in a directory of its own, which is where the program runs."""

    def setUp(self):
        self.here = pathlib.Path(tempfile.mkdtemp(prefix="coracle-test-"))
        self.addCleanup(shutil.rmtree, self.here, ignore_errors=True)

    def coracle(self, *words, cache=CACHE, **options):
        """Runs the program to its end; its output is bytes in .stdout and text in .stderr."""
        done = subprocess.run(
            [CORACLE, "--cache", str(cache), *map(str, words)], cwd=self.here, timeout=600,
            stdin=options.pop("stdin", subprocess.DEVNULL), stdout=options.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE, **options)
        done.stderr = done.stderr.decode()
        return done

    def succeeds(self, *words, **options):
        done = self.coracle(*words, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def fails(self, *words, status=1, **options):
        """Runs it, expects it to fail so, and returns what it says."""
        done = self.coracle(*words, **options)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr

    def write(self, name, text):
        path = self.here / name
        path.write_text(text)
        return path

    def names_here(self):
        return sorted(str(path.relative_to(self.here)) for path in self.here.rglob("*"))


def copy_of_cache(directory):
    """The shared cache without what builds have made from its images."""
    return shutil.copytree(CACHE, directory, ignore=shutil.ignore_patterns("segments", "debs", "apt"))


def main():
    unittest.main(verbosity=2)
