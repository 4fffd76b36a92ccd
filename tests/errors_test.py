# SPDX-License-Identifier: Apache-2.0
"""What goes wrong is told plainly, and leaves nothing behind."""

import os
import shutil

from end_to_end import EXAMPLE, EndToEnd, copy_of_cache, main


class Errors(EndToEnd):
    def test_an_unknown_key_is_shown_in_its_line(self):
        self.write("a.yml", "services:\n  - name: redis\n    image: redis\n    capabilitis: [all]\n")
        self.assertEqual(
            self.fails("build", "a.yml"),
            "a.yml:4:5: error: unknown key 'capabilitis' in services[0] 'redis'\n"
            "    4 |     capabilitis: [all]\n"
            "      |     ^~~~~~~~~~~\n"
            "did you mean 'capabilities'?\n")
        self.assertEqual(self.names_here(), ["a.yml"])

    def test_a_missing_image_is_named(self):
        self.write("a.yml", "init: [example.invalid/no/such:1]\n")
        said = self.fails("build", "--format", "tar", "a.yml")
        self.assertIn("example.invalid/no/such:1", said)
        self.assertEqual(self.names_here(), ["a.yml"])

    def test_a_damaged_blob_is_never_used(self):
        cache = copy_of_cache(self.here / "cache")
        self.succeeds("cache", "clean", cache=cache)
        self.succeeds("build", "--dir", self.here, EXAMPLE, cache=cache)
        shutil.rmtree(cache / "segments")
        blobs = (cache / "blobs" / "sha256").iterdir()  # all of them in use
        largest = max(blobs, key=lambda path: path.stat().st_size)
        with largest.open("r+b") as blob:
            blob.seek(largest.stat().st_size // 2)
            byte = blob.read(1)
            blob.seek(-1, os.SEEK_CUR)
            blob.write(bytes([byte[0] ^ 1]))
        out = self.here / "out"
        out.mkdir()
        said = self.fails("build", "--dir", out, EXAMPLE, cache=cache)
        self.assertIn(largest.name[:12], said)
        self.assertEqual(list(out.iterdir()), [])

    def test_an_output_that_cannot_be_written_is_named(self):
        self.write("file", "")
        said = self.fails("build", "--dir", self.here / "file" / "below", EXAMPLE)
        self.assertIn(str(self.here / "file" / "below"), said)

    def test_a_full_device_is_an_error(self):
        with open("/dev/full", "wb") as full:
            said = self.fails("build", "--format", "tar", "-o", "-", EXAMPLE, stdout=full)
        self.assertIn("No space left on device", said)


if __name__ == "__main__":
    main()
