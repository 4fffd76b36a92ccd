# SPDX-License-Identifier: Apache-2.0
"""The root file system is the same in every format that holds one, and the same as in the tar."""

import io
import os
import subprocess
import tarfile

from end_to_end import EXAMPLE, EndToEnd, main


def described(stream, xattrs=True):
    """What a tar says of each path, but for boot, which stands beside the other formats."""
    paths = {}
    with tarfile.open(fileobj=io.BytesIO(stream)) as archive:
        for member in archive:
            path = member.name.removeprefix("./").rstrip("/")
            if path in ("", ".") or path.split("/")[0] == "boot":
                continue
            content = archive.extractfile(member).read() if member.isreg() else b""
            own = {name: value for name, value in member.pax_headers.items() if name.startswith("SCHILY.xattr.")}
            paths[path] = (member.type, member.mode, member.uid, member.gid, int(member.mtime), member.linkname, content,
                           member.devmajor if member.isdev() else 0, own if xattrs else {})
    return paths


os.environ["PATH"] += ":/usr/sbin:/sbin"  # e2fsck and debugfs, for those who are not root


class Formats(EndToEnd):
    @classmethod
    def setUpClass(cls):
        cls.text = EXAMPLE.read_text() + "files:\n  - {path: etc/made, contents: hello, uid: 1234, gid: 99, mode: '0640'}\n"

    def build(self, *words):
        self.write("os.yml", self.text)
        return self.succeeds("build", *words, "os.yml").stdout

    def output_of(self, *command):
        done = subprocess.run([str(word) for word in command], cwd=self.here, capture_output=True, check=True)
        return done.stdout

    def test_a_squashfs_is_the_tree_of_the_tar(self):
        tar = described(self.build("--format", "tar", "-o", "-"))
        self.assertGreater(len(tar), 100)
        self.build("--format", "kernel+squashfs")
        self.assertEqual(described(self.output_of("sqfs2tar", "os-squashfs.img")), tar)

    def test_an_iso_is_the_tree_of_the_tar_but_for_attributes(self):
        tar = described(self.build("--format", "tar", "-o", "-"), xattrs=False)
        self.build("--format", "kernel+iso")
        read = self.output_of("bsdtar", "-cf", "-", "--format", "pax", "@os.iso")
        self.assertEqual(described(read, xattrs=False), tar)

    def test_erofs_and_ext4_are_sound_and_have_the_files_of_the_tar(self):
        self.build("--format", "kernel+erofs,ext4")
        self.output_of("fsck.erofs", "os-erofs.img")
        self.output_of("e2fsck", "-fn", "os-ext4.img")
        (self.here / "tree").mkdir()
        subprocess.run(["fsck.erofs", "--extract=tree/erofs", "os-erofs.img"], cwd=self.here, capture_output=True)
        with tarfile.open(fileobj=io.BytesIO(self.build("--format", "tar", "-o", "-"))) as archive:
            files = [member for member in archive if member.isreg() and not member.name.startswith("boot/")]
            requests = "".join(f'cat "/{member.name}"\n' for member in files if member.size > 0)
            contents = [archive.extractfile(member).read() for member in files]
        for member, content in zip(files, contents):
            self.assertEqual((self.here / "tree" / "erofs" / member.name).read_bytes(), content, member.name)
        (self.here / "requests").write_text(requests)
        read = self.output_of("debugfs", "-f", "requests", "os-ext4.img")
        for line in requests.splitlines():
            echo = f"debugfs: {line}\n".encode()
            self.assertEqual(read.count(echo), 1, line)
            read = read.replace(echo, b"")
        self.assertTrue(read == b"".join(contents))

    def test_formats_whose_files_have_one_name_are_refused_together(self):
        self.write("os.yml", self.text)
        said = self.fails("build", "--format", "kernel+iso,iso-bios", "os.yml")
        self.assertIn("two of the formats write 'os.iso'", said)
        self.assertEqual(self.names_here(), ["os.yml"])

    def test_size_is_that_of_an_ext4_unless_its_content_needs_more(self):
        self.write("os.yml", self.text)
        self.succeeds("build", "--format", "ext4", "--size", "300M", "os.yml")
        self.assertEqual((self.here / "os-ext4.img").stat().st_size, 300 << 20)
        done = self.succeeds("build", "--format", "ext4", "--size", "1M", "os.yml")
        self.assertIn("an ext4 of 1.0 MiB is too small for the content: it becomes one of ", done.stderr)
        self.output_of("e2fsck", "-fn", "os-ext4.img")


if __name__ == "__main__":
    main()
