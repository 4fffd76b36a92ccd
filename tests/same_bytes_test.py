# SPDX-License-Identifier: Apache-2.0
"""Every format is the same bytes for the same input: cold, warm, on one processor, elsewhere, later, without a cache."""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile

from end_to_end import BUILD, CORACLE, EXAMPLE, EndToEnd, copy_of_cache, main

# Held against all that builds of the same thing may differ in. One list, so that a new format is in the test at once.
FORMATS = re.search(r"between: (.*?)\n\s+--name", subprocess.run([CORACLE, "build", "--help"], capture_output=True, check=True,
                                                                text=True).stdout, re.DOTALL)[1].replace(",", "").split()
FORMATS.remove("rpi3")  # for arm64 only
STREAMED = ("tar", "docker")
NAMED_ALIKE = ("iso-bios", "dynamic-vhd")  # their files have the names of other formats' files
MORE = """
volumes: [{name: data}, {name: image, image: "@pkg:redis", readonly: true}, {name: layout, image: "@pkg:redis", format: oci}]
files:
  - {path: etc/made, contents: hello}
  - {path: etc/linuxkit.yml, metadata: yaml}
  - {path: etc/link, symlink: made}
"""
LATER = os.environ | {"LD_PRELOAD": "/usr/$LIB/faketime/libfaketimeMT.so.1", "FAKETIME": "+365d",
                      "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def on_one_processor():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


class SameBytes(EndToEnd):
    def build(self, name, *, cache, **options):
        """Builds every format in a directory of that name; returns the hash of each output."""
        place = self.here / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "os.yml").write_text(EXAMPLE.read_text() + MORE)
        together = [name for name in FORMATS if name not in STREAMED + NAMED_ALIKE]
        for formats in [together] + [[name] for name in FORMATS if name not in together]:
            words = [word for name in formats for word in ("--format", name)]
            if any("verity" in name for name in formats):
                words += "--ab --image-version 2 --var-size 16M --var-grow".split()
            words += ["--name", "os" if formats == together else "os-" + formats[0]]
            done = subprocess.run([CORACLE, "--cache", cache, "-q", "build", *words, "os.yml"], cwd=place,
                                  capture_output=True, text=True, timeout=600, **options)
            self.assertEqual(done.returncode, 0, done.stderr)
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in place.iterdir() if path.name != "os.yml"}

    def test_whatever_differs_beside_the_input(self):
        cache = copy_of_cache(self.here / "cache")
        cold = self.build("cold", cache=cache)
        self.assertGreaterEqual(len(cold), len(FORMATS))
        self.assertEqual(self.build("warm", cache=cache), cold)
        shutil.rmtree(cache / "segments")
        self.assertEqual(self.build("one", cache=cache, preexec_fn=on_one_processor), cold)
        elsewhere = copy_of_cache(self.here / "elsewhere" / "cache")
        os.umask(0o077)
        environment = os.environ | {"TZ": "Pacific/Kiritimati", "LANG": "de_DE.UTF-8", "TMPDIR": str(self.here), "USER": "x"}
        self.assertEqual(self.build("deep/er", cache=elsewhere, env=environment), cold)
        os.umask(0o022)
        shutil.rmtree(cache / "segments")
        self.goes_ahead()
        self.assertEqual(self.build("late", cache=cache, env=LATER), cold)

    def goes_ahead(self):
        """Skips what is left of a test where no clock can be made to go ahead for the program."""
        if "CORACLE_SANITIZE:STRING=\n" not in (BUILD / "CMakeCache.txt").read_text():
            self.skipTest("nothing can be loaded before the runtime of a sanitizer")
        now, then = (int(subprocess.run(["date", "+%s"], env=env, check=True, capture_output=True).stdout) for env in (None, LATER))
        if then - now < 300 * 86400:
            self.skipTest("libfaketime is not installed")

    def test_a_segment_cache_that_cannot_be_had(self):
        cache = copy_of_cache(self.here / "cache")
        kept = self.build("kept", cache=cache)
        shutil.rmtree(cache / "segments")
        (cache / "segments").write_text("a file where the directory would be")
        self.assertEqual(self.build("none", cache=cache), kept)

    def test_source_date_epoch_is_the_time_of_what_is_made(self):
        text = EXAMPLE.read_text() + MORE
        self.write("os.yml", text)
        times = {}
        for epoch in (None, "86400"):
            environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
            if epoch:
                environment["SOURCE_DATE_EPOCH"] = epoch
            done = self.succeeds("build", "--format", "tar", "-o", "-", "os.yml", env=environment)
            with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
                members = archive.getmembers()
                times[epoch] = {one.name: one.mtime for one in members}
                bom = json.load(archive.extractfile("sbom.spdx.json"))
            self.assertEqual(bom["creationInfo"]["created"], "1970-01-02T00:00:00Z" if epoch else "2017-04-18T16:30:00Z")
        # Times of what images bring are theirs; packages of Coracle's own are made anew for another time.
        for name in ("etc/made", "etc/link", "boot/cmdline", "boot/kernel", "sbom.spdx.json", "containers/volumes/data/merged",
                     "containers/volumes/layout/lower/index.json", "containers/services/redis/config.json",
                     "containers/services/redis/rootfs/etc/hosts", "containers/onboot/000-dhcpcd/tmp"):
            self.assertEqual((times[None][name], times["86400"][name]), (1492533000, 86400), name)


if __name__ == "__main__":
    main()
