# SPDX-License-Identifier: Apache-2.0
"""Built systems and segments in registries."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import oci_image
import registries
from end_to_end import EndToEnd, main
from peers import peer

HOME = pathlib.Path(tempfile.mkdtemp(prefix="coracle-share-"))
REGISTRY = None  # that all tests share


def setUpModule():
    global REGISTRY
    if not shutil.which("docker-registry"):
        raise unittest.SkipTest("docker-registry is not installed")
    REGISTRY = registries.DockerRegistry(HOME / "registry")


def tearDownModule():
    if REGISTRY:
        REGISTRY.stop()
    shutil.rmtree(HOME, ignore_errors=True)


class SharingTest(EndToEnd):
    """A cache with one image, a system made of it, and a repository of the registry."""

    def setUp(self):
        super().setUp()
        self.home = self.here / "home"
        self.home.mkdir()
        self.env = registries.environment(self.home)
        self.cache, self.other = self.here / "cache", self.here / "other"
        self.repository = f"{REGISTRY.host}/{self.id().split('.')[-1].replace('_', '-')[5:].lower()}"
        archive = oci_image.Archive().add("test/image:1", oci_image.layer(
            oci_image.member("hello", b"hello\n"), oci_image.member("large", os.urandom(300_000))), Cmd=["/hello"])
        archive.write(self.here / "image.tar")
        for cache in (self.cache, self.other):
            self.succeeds("cache", "import", "image.tar", cache=cache)
        self.write("os.yml", "init: ['test/image:1']\nservices: [{name: hello, image: 'test/image:1'}]\n"
                             "files: [{path: etc/motd, contents: hello}]\n")

    def coracle(self, *words, **options):
        return super().coracle(*words, cache=options.pop("cache", self.cache), env=options.pop("env", self.env), **options)

    def build(self, *words, name="os", **options):
        """Builds a tar; its bytes, what components came from, and what was said."""
        done = self.succeeds("build", "--format", "tar", "--name", name, "--output", "json", *words, "os.yml", **options)
        origins = {"fetched" if component["fetched"] else "kept" if component["kept"] else "made"
                   for component in json.loads(done.stdout)["components"] if component["entries"]}
        return (self.here / f"{name}.tar").read_bytes(), origins, done.stderr


class RemoteCache(SharingTest):
    def test_another_machine_makes_nothing_anew(self):
        alone, origins, _ = self.build(name="alone")
        self.assertEqual(origins, {"made"})
        shutil.rmtree(self.cache / "segments")
        first, origins, _ = self.build("--remote-cache", self.repository)
        self.assertEqual(origins, {"made"})
        second, origins, said = self.build("--remote-cache", self.repository, cache=self.other)
        self.assertEqual(origins, {"fetched"})
        self.assertIn("% fetched", said)
        self.assertEqual(first, alone)
        self.assertEqual(second, alone)
        third, origins, _ = self.build(cache=self.other)
        self.assertEqual((third, origins), (alone, {"kept"}))

    def test_the_environment_may_name_it(self):
        env = self.env | {"CORACLE_REMOTE_CACHE": self.repository}
        self.build(env=env)
        self.assertEqual(self.build(cache=self.other, env=env)[1], {"fetched"})

    def test_who_only_reads_gives_nothing(self):
        self.build("--remote-cache", self.repository, "--remote-cache-read-only")
        path = "/" + self.repository.split("/", 1)[1] + "/"
        self.assertFalse([line for line in REGISTRY.requests() if path in line and not line.startswith(("GET", "HEAD"))])
        self.build("--remote-cache", self.repository, cache=self.other)
        shutil.rmtree(self.cache / "segments")
        self.assertEqual(self.build("--remote-cache", self.repository, "--remote-cache-read-only")[1], {"fetched"})

    def test_a_registry_that_is_down_is_told_of_once(self):
        alone = self.build(name="alone")[0]
        shutil.rmtree(self.cache / "segments")
        gone = f"localhost:{registries.free_port()}/segments"
        content, origins, said = self.build("--remote-cache", gone)
        self.assertEqual((content, origins), (alone, {"made"}))
        self.assertEqual(said.count("warning:"), 1, said)
        self.assertIn(f"warning: the remote cache '{gone}' is not used: cannot reach", said)

    def test_a_registry_that_stops_while_it_is_used(self):
        own = registries.DockerRegistry(self.here / "own")
        self.addCleanup(own.stop)
        alone = self.build("--remote-cache", f"{own.host}/segments")[0]
        shutil.rmtree(self.here / "own/data/docker/registry/v2/blobs")
        content, origins, said = self.build("--remote-cache", f"{own.host}/segments", cache=self.other)
        self.assertEqual((content, origins), (alone, {"made"}))

    def test_a_segment_that_is_tampered_with_is_not_used(self):
        own = registries.DockerRegistry(self.here / "own")
        self.addCleanup(own.stop)
        alone = self.build("--remote-cache", f"{own.host}/segments")[0]
        changed = 0
        for blob in (self.here / "own/data/docker/registry/v2/blobs").rglob("data"):
            content = blob.read_bytes()
            if not content.startswith(b"{"):
                blob.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
                changed += 1
        self.assertGreater(changed, 2)
        content, origins, said = self.build("--remote-cache", f"{own.host}/segments", cache=self.other)
        self.assertEqual((content, origins), (alone, {"made"}))
        self.assertIn(f"warning: a segment in the remote cache '{own.host}/segments' is not used: it is damaged", said)

    def test_what_is_no_repository_is_refused(self):
        said = self.fails("build", "--remote-cache", f"{self.repository}:1", "os.yml", status=2)
        self.assertIn(f"error: '{self.repository}:1' is no REGISTRY/REPOSITORY: it has a tag or a digest", said)


if __name__ == "__main__":
    main()
