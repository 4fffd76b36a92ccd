# SPDX-License-Identifier: Apache-2.0
"""What `build` does with the words of its command line: kernels unpacked, files merged, names and places of outputs."""

import gzip
import io
import lzma
import struct
import subprocess
import tarfile

from end_to_end import EndToEnd, main
from oci_image import Archive, layer, member

KERNEL = b"\x7fELF the kernel itself " + bytes(range(256)) * 40


def packed(how):
    if how == "gzip":
        return gzip.compress(KERNEL, mtime=0)
    if how == "xz":
        return lzma.compress(KERNEL, check=lzma.CHECK_CRC32)
    words = {"zstd": ["zstd", "-qc"], "lz4": ["lz4", "-l", "-qc"]}[how]
    return subprocess.run(words, input=KERNEL, capture_output=True, check=True).stdout


def bzimage(payload, sized):
    """An x86 kernel around a payload, as Linux Documentation/arch/x86/boot.rst has it."""
    payload += struct.pack("<I", len(KERNEL)) if sized else b""
    head = bytearray(1024)
    head[0x1f1] = 1
    head[0x202:0x208] = b"HdrS" + struct.pack("<H", 0x20f)
    struct.pack_into("<II", head, 0x248, 0, len(payload))
    return bytes(head) + payload + b"behind"


class CommandLine(EndToEnd):
    def setUp(self):
        super().setUp()
        self.cache = self.here / "cache"

    def image(self, name, *members):
        archive = Archive().add(f"docker.io/test/{name}:1", layer(*members), Cmd=["/a"]).write(self.here / "image.tar")
        self.succeeds("cache", "import", "--override", archive, cache=self.cache)

    def tar(self, *words, **options):
        done = self.succeeds("build", "--no-sbom", "--format", "tar", "-o", "-", *words, cache=self.cache, **options)
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            return {one.name: archive.extractfile(one).read() if one.isreg() else b"" for one in archive}

    def test_kernels_are_unpacked_whatever_packed_them(self):
        self.write("os.yml", "kernel: {image: test/kernel:1, tar: none}\n")
        for how in ("gzip", "xz", "zstd", "lz4"):
            for wrap in (lambda data: data, lambda data: bzimage(data, how != "gzip")):
                self.image("kernel", member("kernel", wrap(packed(how))))
                self.assertEqual(self.tar("--decompress-kernel", "os.yml")["boot/kernel"], KERNEL, how)
                self.assertEqual(self.tar("os.yml")["boot/kernel"], wrap(packed(how)), how)
        self.image("kernel", member("kernel", KERNEL))
        self.assertEqual(self.tar("--decompress-kernel", "os.yml")["boot/kernel"], KERNEL)

    def test_files_are_merged_from_left_to_right_and_standard_input_is_one(self):
        self.image("a", member("a"))
        self.image("b", member("b"))
        self.image("kernel", member("kernel", b"K"))
        self.write("one.yml", "kernel: {image: test/kernel:1, cmdline: one, tar: none}\ninit: [test/a:1]\n")
        self.write("two.yml", "kernel: {cmdline: two}\n")
        with (self.here / "three.yml").open("w+") as three:
            three.write("init: [test/b:1]\n")
            three.seek(0)
            built = self.tar("one.yml", "two.yml", "-", stdin=three)
        self.assertEqual(built["boot/cmdline"], b"two")
        self.assertLessEqual({"a", "b"}, set(built))

    def test_names_and_places_of_outputs(self):
        self.image("a", member("a"))
        self.write("x.y.yml", "init: [test/a:1]\n")
        (self.here / "out").mkdir()
        self.succeeds("build", "--no-sbom", "--format", "tar", "x.y.yml", cache=self.cache)
        self.succeeds("build", "--no-sbom", "--format", "tar", "--dir", "out", "--name", "named", "x.y.yml", cache=self.cache)
        with (self.here / "x.y.yml").open() as text:
            self.succeeds("build", "--no-sbom", "--format", "tar", "-", stdin=text, cache=self.cache)
        self.succeeds("build", "--no-sbom", "-o", "given", "x.y.yml", cache=self.cache)
        for name in ("x.y.tar", "out/named.tar", "image.tar", "given"):
            self.assertTrue((self.here / name).is_file(), name)

    def test_a_dry_run_shows_the_whole_and_builds_nothing(self):
        self.write("one.yml", "kernel: {image: k, cmdline: one}\ninit: [a]\n")
        self.write("two.yml", "kernel: {cmdline: two}\ninit: [b]\n")
        before = self.names_here()
        done = self.succeeds("build", "--dry-run", "one.yml", "two.yml", cache=self.cache)
        self.assertEqual(done.stdout, b"kernel:\n  image: k\n  cmdline: two\ninit:\n- a\n- b\n")
        self.assertEqual(self.names_here(), before)

    def test_a_former_output_as_input_changes_nothing(self):
        self.image("a", member("a"))
        self.write("os.yml", "init: [test/a:1]\nfiles: [{path: os.yml, metadata: yaml}]\n")
        self.succeeds("build", "--format", "tar", "os.yml", cache=self.cache)
        former = (self.here / "os.tar").read_bytes()
        self.succeeds("build", "--format", "tar", "--name", "again", "--input-tar", "os.tar", "os.yml", cache=self.cache)
        self.assertEqual((self.here / "again.tar").read_bytes(), former)

    def test_a_former_output_that_is_none(self):
        self.image("a", member("a"))
        self.write("os.yml", "init: [test/a:1]\n")
        said = self.fails("build", "--format", "tar", "--input-tar", "missing.tar", "os.yml", cache=self.cache)
        self.assertEqual(said, "error: cannot open 'missing.tar': No such file or directory\n  while looking at --input-tar\n")
        said = self.fails("build", "--format", "tar", "--input-tar", "os.yml", "os.yml", cache=self.cache)
        self.assertEqual(said, "error: the tar archive is truncated\n  while looking at --input-tar\n")
        self.assertFalse((self.here / "os.tar").exists())


if __name__ == "__main__":
    main()
