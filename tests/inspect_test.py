# SPDX-License-Identifier: Apache-2.0
"""What `build`, `inspect` and `diff` tell of a system, to people and to programs."""

import json
import tarfile

from end_to_end import EXAMPLE, SYSTEM, EndToEnd, main


class Told(EndToEnd):
    def build(self, name, *words, text=None):
        """Builds the example (or a YAML text) as NAME.tar; returns what it says of that as JSON."""
        source = self.write(f"{name}.yml", text or EXAMPLE.read_text())
        done = self.succeeds("build", "--format", "tar", "--output", "json", *words, source)
        return json.loads(done.stdout)

    def test_a_build_tells_programs_what_it_made(self):
        told = self.build("os")
        path = self.here / "os.tar"
        self.assertEqual([(output["path"], output["size"]) for output in told["outputs"]],
                         [("os.tar", path.stat().st_size)])
        with tarfile.open(path) as archive:
            self.assertEqual(sum(one["entries"] for one in told["components"]), len(archive.getmembers()))
        self.assertEqual(sum(one["unpacked"] for one in told["components"]), told["total"])
        self.assertTrue(all(one["kept"] for one in self.build("os")["components"] if one["entries"]))

    def test_json_and_a_tar_cannot_share_standard_output(self):
        self.assertEqual(self.fails("build", "--format", "tar", "-o", "-", "--output", "json", EXAMPLE, status=2),
                         "error: standard output cannot take both the tar and --output json\n")

    def test_a_quiet_build_says_nothing(self):
        done = self.succeeds("-q", "build", "--format", "tar", EXAMPLE)
        self.assertEqual((done.stdout, done.stderr), (b"", ""))

    def test_a_summary_shows_what_labels_grant(self):
        said = self.succeeds("build", "--format", "tar", EXAMPLE).stderr
        self.assertIn("granted by the labels of images alone:\n  onboot[0] dhcpcd: capabilities CAP_NET_ADMIN", said)
        self.assertIn("% of it kept from earlier builds", said)
        self.assertNotIn("\x1b", said)

    def test_labels_can_be_refused_their_privileges(self):
        said = self.fails("build", "--format", "tar", "--no-label-privileges", EXAMPLE)
        self.assertRegex(said, r"error: the label of image 'docker.io/coracle/dhcpcd:[\w-]+' grants onboot\[0\] 'dhcpcd' "
                               r"capabilities CAP_NET_ADMIN")
        self.assertEqual(self.names_here(), [])

    def test_inspect_shows_initrd_and_tar(self):
        self.build("os")
        tar = json.loads(self.succeeds("inspect", "--output", "json", "os").stdout)
        initrd = json.loads(self.succeeds("inspect", "--output", "json", SYSTEM).stdout)
        self.assertEqual((tar["kind"], initrd["kind"]), ("tar", "initrd"))
        self.assertIn("services[1]", [one["location"] for one in tar["components"]])
        for shown in (tar, initrd):
            redis = next(one for one in shown["containers"] if one["name"] == "redis")
            self.assertEqual(redis["command"][0], "/usr/bin/redis-server")
            self.assertEqual(redis["section"], "services")
        self.assertIn(b"\nservices redis\n", self.succeeds("inspect", SYSTEM).stdout)

    def test_inspect_looks_into_a_unified_kernel_image(self):
        self.succeeds("build", "--format", "uki,kernel+initrd", "--name", "os", EXAMPLE)
        told = json.loads(self.succeeds("inspect", "--output", "json", "os.efi").stdout)
        self.assertEqual(told["kind"], "uki")
        self.assertIn("redis", [one["name"] for one in told["containers"]])
        self.assertEqual(self.succeeds("diff", "os.efi", "os").stdout, b"os.efi and os are the same\n")
        (self.here / "cut.efi").write_bytes((self.here / "os.efi").read_bytes()[:1 << 20])
        self.assertIn("error: ", self.fails("inspect", "cut.efi"))

    def test_diff_names_what_has_changed(self):
        self.build("a")
        more = "files:\n  - {path: etc/more, contents: hello}\n"
        self.build("b", text=EXAMPLE.read_text() + more)
        told = json.loads(self.succeeds("diff", "--output", "json", "a", "b").stdout)
        self.assertEqual([(one["location"], [file["path"] for file in one["files"]]) for one in told["components"]],
                         [("files[0]", ["etc/more"])])
        self.assertEqual(self.coracle("diff", "--exit-code", "a", "b").returncode, 1)
        done = self.succeeds("diff", "--exit-code", "a", "a.tar")
        self.assertEqual(done.stdout, b"a and a.tar are the same\n")

    def test_kernel_and_initrd_are_what_the_tar_is(self):
        self.build("os")
        told = json.loads(self.succeeds("diff", "--output", "json", SYSTEM, "os").stdout)
        self.assertEqual([(file["change"], file["path"]) for one in told["components"] for file in one["files"]], [])
        self.assertEqual(told["containers"], [])

    def test_another_command_line_is_a_difference(self):
        self.write("other.yml", EXAMPLE.read_text().replace("console=ttyS0", "console=ttyS1"))
        self.succeeds("build", "other.yml")
        told = json.loads(self.succeeds("diff", "--output", "json", SYSTEM, "other").stdout)
        self.assertEqual([(one["location"], [file["path"] for file in one["files"]]) for one in told["components"]],
                         [("kernel", ["boot/cmdline"])])


if __name__ == "__main__":
    main()
