# SPDX-License-Identifier: Apache-2.0
"""What `build` makes of examples/redis-os.yml, as other tools see it."""

import io
import os
import subprocess
import tarfile

from end_to_end import CACHE, CORACLE, EXAMPLE, SYSTEM, EndToEnd, copy_of_cache, main


def unpacked(path):
    """An initrd without its compression."""
    head = path.read_bytes()[:4]
    tool = "zstd" if head == b"\x28\xb5\x2f\xfd" else "gzip"
    return subprocess.run([tool, "-dc", path], capture_output=True, check=True).stdout


def on_one_processor():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


class Build(EndToEnd):
    def test_the_same_input_gives_the_same_bytes(self):
        cold = copy_of_cache(self.here / "cache")
        self.succeeds("build", "--dir", self.here, EXAMPLE, cache=cold,
                      preexec_fn=on_one_processor)
        for ending in ("kernel", "initrd.img", "cmdline"):
            self.assertEqual((self.here / f"redis-os-{ending}").read_bytes(),
                             SYSTEM.with_name(f"redis-os-{ending}").read_bytes(), ending)

    def test_a_tar_is_read_alike_by_bsdtar_and_python(self):
        done = self.succeeds("build", "--format", "tar", "-o", "-", EXAMPLE)
        listed = subprocess.run(["bsdtar", "tf", "-"], input=done.stdout, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            names = [member.name for member in archive]
        self.assertEqual([name.rstrip("/") for name in listed.decode().splitlines()], names)
        self.assertIn("boot/kernel", names)
        self.assertIn("containers/services/redis/config.json", names)

    def test_a_tar_says_where_its_entries_come_from(self):
        done = self.succeeds("build", "--format", "tar", "-o", "-", EXAMPLE)
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            places = {member.pax_headers.get("LINUXKIT.location") for member in archive
                      if member.name != "sbom.spdx.json"}
        self.assertLessEqual({"kernel", "init[0]", "init[1]", "onboot[0]", "services[1]"}, places)
        self.assertNotIn(None, places)

    def test_cpio_lists_the_initrd(self):
        archive = unpacked(SYSTEM.with_name("redis-os-initrd.img"))
        listed = subprocess.run(["cpio", "-t", "--quiet"], input=archive, capture_output=True, check=True)
        names = listed.stdout.decode().splitlines()
        self.assertEqual(listed.stderr, b"")
        for name in ("init", "usr/bin/service", "containers/services/redis/config.json"):
            self.assertIn(name, [entry.removeprefix("./") for entry in names])

    def test_head_ends_it_quietly(self):
        with subprocess.Popen([CORACLE, "--cache", str(CACHE), "-q", "build", "--format", "tar", "-o", "-", str(EXAMPLE)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.read(512)
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
        self.assertEqual(process.returncode, -13)  # by SIGPIPE, as any filter


if __name__ == "__main__":
    main()
