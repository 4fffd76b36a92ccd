# SPDX-License-Identifier: Apache-2.0
"""What hostile or broken images and YAML files try on a build, each test named after it."""

import http.server
import io
import json
import os
import subprocess
import tarfile
import threading

from end_to_end import EndToEnd, main
from oci_image import Archive, directory, layer, member, symlink


class Hostile(EndToEnd):
    def setUp(self):
        super().setUp()
        self.cache = self.here / "cache"

    def image(self, *layers, name="docker.io/test/a:1", **config):
        archive = Archive().add(name, *layers, **config).write(self.here / "image.tar")
        self.succeeds("cache", "import", "--override", archive, cache=self.cache)

    def tar(self, text, *words):
        """Builds a YAML text; returns the members of the tar by name, with their content."""
        done = self.succeeds("build", "--no-sbom", "--format", "tar", "-o", "-", *words, self.write("os.yml", text),
                             cache=self.cache)
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            return {one.name: (one, archive.extractfile(one).read() if one.isreg() else b"") for one in archive}

    def refused(self, text, *words):
        """Builds a YAML text, which must fail and leave nothing; returns what it says."""
        path = self.write("os.yml", text)
        before = self.names_here()
        said = self.fails("build", "--no-sbom", "--format", "tar", *words, path, cache=self.cache)
        self.assertEqual([name for name in self.names_here() if not name.startswith("cache")],
                         [name for name in before if not name.startswith("cache")])
        return said.replace(str(path), "os.yml")

    def serve(self, text):
        """The URL of a YAML text."""
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *words):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}/os.yml"


class Limits(Hostile):
    """Each error names the limit that was met, and the limit can be moved."""

    def limited(self, limit, said, *layers):
        self.image(*layers)
        text = "init: [test/a:1]\n"
        told = self.refused(text, "--limit", limit)
        name = limit.split("=")[0]
        self.assertIn(said + "\n", told)
        self.assertTrue(told.endswith(f"\ntry: --limit {name}=NUMBER, if you trust the image\n"), told)
        self.assertIn("a", self.tar(text))

    def test_a_bomb_that_unpacks_to_too_much(self):
        self.limited("unpacked=64K", "error: the tar archive holds more than the allowed 65536 bytes",
                     layer(member("a", bytes(100_000))))

    def test_a_bomb_in_the_padding_after_the_archive(self):
        self.limited("unpacked=64K", "error: the layer unpacks to more than 69632 bytes", layer(member("a")) + bytes(100_000))

    def test_too_many_entries(self):
        self.limited("entries=2", "error: the tar archive has more than the allowed 2 entries",
                     layer(member("a"), member("b"), member("c")))

    def test_too_many_entries_of_all_layers(self):
        self.limited("entries=2", "error: the tree has more than the allowed 4 entries",
                     *(layer(member(f"{name}"), member(f"{name}{name}")) for name in "abc"))

    def test_a_name_that_is_too_long(self):
        self.limited("name=20", "error: the name 'xxxxxxxxxxxxxxxxxxxxx...' is 21 bytes long, more than the allowed 20",
                     layer(member("a"), member("x" * 21)))

    def test_an_extended_header_that_is_too_large(self):
        header = member("a", pax_headers={"comment": "c" * 2000})
        self.limited("header=1K", "error: a tar extended header has 2014 bytes, more than the allowed 1024", layer(header))

    def test_extended_headers_that_are_too_large_together(self):
        headers = [member(name, pax_headers={"comment": "c" * 400}) for name in "abc"]
        self.limited("headers=1K", "error: the tar archive's extended headers have more than the allowed 1024 bytes",
                     layer(*headers))

    def test_aliases_that_expand_to_too_much(self):
        self.image(layer(member("a")), Cmd=["/a"])
        text = ("services:\n  - {name: a, image: test/a:1, env: &e [A=1, B=2, C=3, D=4]}\n"
                "  - {name: b, image: test/a:1, env: *e}\n")
        said = self.refused(text, "--limit", "values=20")
        self.assertRegex(said, r"^os.yml:2:\d+: error: the aliases in this file make it too large\n")
        self.assertTrue(said.endswith("\ntry: --limit values=NUMBER\n"), said)
        self.assertIn("containers/services/b", self.tar(text))

    def test_more_values_than_a_yaml_file_may_have(self):
        said = self.refused("init: [a, b, c, d]\n", "--limit", "values=4")
        self.assertEqual(said, "os.yml:1:11: error: the file holds more than 4 values\n"
                               "    1 | init: [a, b, c, d]\n"
                               "      |           ^\n"
                               "try: --limit values=NUMBER\n")


class Images(Hostile):
    def test_libraries_and_accounts_of_an_image_are_not_used_here(self):
        """CVE-2019-14271: the builder must neither load nor ask what an image brings."""
        self.image(layer(directory("lib"), member("lib/libnss_files.so.2", b"\0" * 64, mode=0o755), directory("etc"),
                         member("etc/ld.so.preload", b"/lib/libnss_files.so.2\n"), member("etc/nsswitch.conf", b"passwd: evil\n"),
                         member("etc/passwd", b"mallory:x:0:0::/:/bin/sh\n")), Cmd=["/a"])
        self.assertIn("error: the owner of file 'x' names no container: 'mallory'\n",
                      self.refused("services: [{name: a, image: test/a:1}]\n"
                                   "files: [{path: x, contents: y, uid: mallory}]\n"))
        built = self.tar("services: [{name: a, image: test/a:1}]\n")
        self.assertEqual(built["containers/services/a/lower/etc/ld.so.preload"][1], b"/lib/libnss_files.so.2\n")

    def test_user_and_volume_fields_that_are_host_paths(self):
        """CVE-2022-23648, CVE-2024-40635: such fields name nothing of the builder and give no id beyond bounds."""
        self.image(layer(member("a")), Cmd=["/a"], User="4294967296:../../etc", WorkingDir="../../../etc",
                   Volumes={"/../../../../etc": {}, "/proc/self/root": {}})
        built = self.tar("services: [{name: a, image: test/a:1}]\n")
        config = json.loads(built["containers/services/a/config.json"][1])
        self.assertEqual(config["process"]["user"], {"uid": 0, "gid": 0})
        self.assertNotIn("etc", json.dumps(config["mounts"]))
        for name in built:
            self.assertNotIn("..", name.split("/"))

    def test_a_label_that_is_no_yaml_or_grants_itself_what_is_unknown(self):
        for label, said in (("{", "not valid YAML"), ("capabilities: [CAP_WORLD_DOMINATION]", "CAP_WORLD_DOMINATION"),
                            ("image: other", "'image' is not for a label"), ("env: &a [*a]", "contains itself")):
            self.image(layer(member("a")), Cmd=["/a"], Labels={"org.mobyproject.config": label})
            self.assertIn(said, self.refused("services: [{name: a, image: test/a:1}]\n"), label)

    def test_nothing_is_written_beside_the_outputs(self):
        self.image(layer(symlink("out", str(self.here)), member("out/escaped", b"1"), symlink("up", "../../../../../.."),
                         member("up/tmp/escaped", b"1"), member("wide", b"x", mode=0o6777)))
        (self.here / "build").mkdir()
        self.write("os.yml", "init: [test/a:1]\n")
        before = set(self.names_here())
        self.succeeds("build", "--format", "tar", "--dir", "build", "os.yml", cache=self.cache)
        self.assertEqual({name for name in set(self.names_here()) - before if not name.startswith("cache/")}, {"build/os.tar"})

    def test_modes_of_entries_survive_whatever_the_umask(self):
        """CVE-2025-53945: what is 0600 in the image is 0600 in the output, and set-id bits stay."""
        modes = (0o0, 0o400, 0o600, 0o644, 0o755, 0o1777, 0o2755, 0o4755, 0o6711, 0o7777)
        entries = [member(f"f{mode:04o}", mode=mode) for mode in modes]
        entries += [directory(f"d{mode:04o}", mode=mode) for mode in modes]
        self.image(layer(*entries), Cmd=["/a"])
        text = ("kernel: {image: test/kernel:1}\ninit: [test/a:1]\nservices: [{name: a, image: test/a:1}]\n"
                "files:\n  - {path: secret, contents: x}\n  - {path: shown, contents: x, mode: '0644'}\n"
                "  - {path: private, directory: true}\n  - {path: deep/er/file, contents: x, mode: '0640'}\n")
        self.image(layer(member("kernel", b"K"), member("kernel.tar", layer())), name="docker.io/test/kernel:1")
        wanted = {"secret": 0o600, "shown": 0o644, "private": 0o700, "deep": 0o750, "deep/er": 0o750, "deep/er/file": 0o640}
        for mode in modes:
            wanted |= {f"{below}{kind}{mode:04o}": mode for kind in "fd" for below in ("", "containers/services/a/lower/")}
        for umask in (0o000, 0o077):
            os.umask(umask)
            built = self.tar(text)
            self.assertEqual({name: built[name][0].mode for name in wanted}, wanted)
            self.succeeds("build", "--no-sbom", "--compression", "none", "--name", "os", "os.yml", cache=self.cache)
            self.assertEqual(self.cpio_modes(self.here / "os-initrd.img", wanted), wanted)
        os.umask(0o022)

    def cpio_modes(self, path, names):
        shown = subprocess.run(["bsdtar", "-tvf", path], capture_output=True, check=True, text=True).stdout
        modes = {}
        for line in shown.splitlines():
            name = line.split()[-1].removeprefix("./").rstrip("/")
            if name in names:
                modes[name] = mode_of(line[1:10])
        return modes

    def test_an_initrd_has_no_name_below_a_symlink(self):
        """CVE-2015-1197: what unpacks an initrd follows links; so none may be on the way to a name."""
        self.image(layer(symlink("etc", "/usr/etc"), member("etc/conf", b"1"), directory("a"), symlink("a/b", "../c"),
                         member("a/b/d", b"2")),
                   layer(symlink("c", "/tmp")))
        self.image(layer(member("kernel", b"K"), member("kernel.tar", layer(symlink("lib", "/tmp/lib"), member("lib/m", b"3")))),
                   name="docker.io/test/kernel:1")
        self.write("os.yml", "kernel: {image: test/kernel:1}\ninit: [test/a:1]\n")
        self.succeeds("build", "--no-sbom", "--compression", "none", "os.yml", cache=self.cache)
        with open(self.here / "os-initrd.img", "rb") as archive:
            shown = subprocess.run(["cpio", "-itv", "--quiet"], stdin=archive, capture_output=True, check=True, text=True).stdout
        links = {line.split()[-3] for line in shown.splitlines() if line.startswith("l")}
        names = [line.split(" -> ")[0].split()[-1] for line in shown.splitlines()]
        self.assertLessEqual({"etc", "a/b", "lib", "usr/etc/conf", "tmp/lib/m"}, set(names))
        for name in names:
            parts = name.split("/")
            self.assertFalse(links & {"/".join(parts[:n]) for n in range(1, len(parts))}, name)
        self.assertEqual(len(names), len(set(names)))

    def test_a_file_over_four_gigabytes_in_an_initrd(self):
        (self.here / "huge").touch()
        os.truncate(self.here / "huge", 1 << 32)
        self.image(layer(member("kernel", b"K"), member("kernel.tar", layer())), name="docker.io/test/kernel:1")
        self.write("os.yml", "kernel: {image: test/kernel:1}\nfiles: [{path: data/huge, source: huge}]\n")
        said = self.fails("build", "--no-sbom", "os.yml", cache=self.cache)
        self.assertEqual(said, "error: 'data/huge' has 4294967296 bytes; a file in an initrd cannot have 4 GiB or more\n"
                               "  while making files\n"
                               "  while making format kernel+initrd\n"
                               "try: a format with a root file system on a disk, or the file in a volume\n")
        self.assertEqual([name for name in self.names_here() if name.startswith("os-")], [])


class Yaml(Hostile):
    def test_keys_that_come_twice(self):
        self.assertIn("error: key 'init' comes twice", self.refused("init: [a]\ninit: [b]\n"))

    def test_huge_keys_and_huge_files(self):
        said = self.refused(f"{'k' * 1_000_000}: 1\n")
        self.assertIn("error", said)
        self.assertLess(len(said), 3000)
        self.assertIn("error: 'os.yml' is larger than 16777216 bytes\n", self.refused("#" * (17 << 20)))

    def test_a_yaml_from_the_network_that_reads_the_builders_files(self):
        secret = self.write("secret", "the builder's own")
        text = f"files:\n  - path: etc/x\n    source: {secret}\n"
        url = self.serve(text)
        said = self.fails("build", "--format", "tar", url, cache=self.cache)
        self.assertIn(f"error: '{secret}' is to be read from this machine, but a file from the network may not ask for that\n",
                      said)
        self.assertIn("--allow-host-files", said)
        self.assertFalse(list(self.here.glob("*.tar")))
        self.succeeds("build", "--format", "tar", "--allow-host-files", url, cache=self.cache)
        with tarfile.open(self.here / "os.tar") as archive:
            self.assertEqual(archive.extractfile("etc/x").read(), b"the builder's own")

    def test_a_yaml_from_the_network_that_names_a_package_here(self):
        url = self.serve("init: ['@pkg:../../etc']\n")
        self.assertIn("'@pkg:../../etc' is a directory, but the YAML file is not in one",
                      self.fails("build", "--format", "tar", url, cache=self.cache))

    def test_a_yaml_from_the_network_that_names_a_profile_here(self):
        profile = self.write("profile.json", '{"defaultAction": "SCMP_ACT_ALLOW"}')
        self.image(layer(member("a")), Cmd=["/a"])
        url = self.serve(f"services: [{{name: a, image: 'test/a:1', seccomp: {profile}}}]\n")
        said = self.fails("build", "--format", "tar", url, cache=self.cache)
        self.assertIn("--allow-host-files", said)

    def test_a_label_that_names_a_profile_here(self):
        profile = self.write("profile.json", '{"defaultAction": "SCMP_ACT_ALLOW"}')
        self.image(layer(member("a")), Cmd=["/a"], Labels={"org.mobyproject.config": json.dumps({"seccomp": str(profile)})})
        self.assertIn("a label cannot name a file of the builder", self.refused("services: [{name: a, image: test/a:1}]\n"))


def mode_of(shown):
    """The number of "rwxr-sr-t"."""
    mode = sum(1 << (8 - place) for place, sign in enumerate(shown) if sign not in "-ST")
    return mode | sum(bit for place, bit in ((2, 0o4000), (5, 0o2000), (8, 0o1000)) if shown[place] in "sStT")


if __name__ == "__main__":
    main()
