# SPDX-License-Identifier: Apache-2.0
"""Built systems and segments in registries."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile
import unittest
import urllib.request

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
        self.assertEqual(origins, {"fetched"}, said)
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
        _, origins, said = self.build("--remote-cache", self.repository, "--remote-cache-read-only")
        self.assertEqual(origins, {"fetched"}, said)

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

    def test_a_build_that_verifies_takes_nothing_from_others(self):
        self.build("--remote-cache", self.repository, cache=self.other)
        self.write("policy.json", '{"default": [{"type": "insecureAcceptAnything"}]}')
        _, origins, said = self.build("--remote-cache", self.repository, "--verify", "policy.json")
        self.assertEqual(origins, {"made"}, said)

    def test_what_is_no_repository_is_refused(self):
        said = self.fails("build", "--remote-cache", f"{self.repository}:1", "os.yml", status=2)
        self.assertIn(f"error: '{self.repository}:1' is no REGISTRY/REPOSITORY: it has a tag or a digest", said)


class Outputs(SharingTest):
    """A tar that was built, and files that only look like outputs."""

    def setUp(self):
        super().setUp()
        self.build("--lock", "os.lock")
        for ending in ("-kernel", "-cmdline", ".iso"):
            (self.here / f"os{ending}").write_bytes(os.urandom(70_000))
        self.files = {path.name: path.read_bytes() for path in self.here.glob("os[.-]*")
                      if path.suffix not in (".yml", ".lock")}
        self.name = f"{self.repository}:1"

    def push(self, *words, outputs=("os",), **options):
        listed = [word for output in outputs for word in ("--outputs", output)]
        done = self.succeeds("cache", "push", "--output", "json", *listed, *words, self.name, **options)
        return json.loads(done.stdout)[0]["digest"]

    def pulled(self, *words, directory="out", name=None, **options):
        shutil.rmtree(self.here / directory, ignore_errors=True)
        self.succeeds("pull-output", "--dir", directory, *words, name or self.name, cache=self.other, **options)
        return {path.name: path.read_bytes() for path in (self.here / directory).iterdir()}

    def url(self, path):
        return f"http://{REGISTRY.host}/v2/{self.repository.split('/', 1)[1]}/{path}"

    def get(self, path, accept="application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"):
        request = urllib.request.Request(self.url(path), headers={"Accept": accept})
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def put_blob(self, content):
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        with urllib.request.urlopen(urllib.request.Request(self.url("blobs/uploads/"), method="POST")) as answer:
            place = answer.headers["Location"]
        place += ("&" if "?" in place else "?") + f"digest={digest}"
        urllib.request.urlopen(urllib.request.Request(place, data=content, method="PUT", headers={
            "Content-Type": "application/octet-stream"})).close()
        return {"mediaType": "application/octet-stream", "digest": digest, "size": len(content)}

    def publish(self, *titles, artifact_type="application/vnd.coracle.system.v1"):
        """Puts an artifact with files of these titles under the name."""
        config = self.put_blob(b"{}") | {"mediaType": "application/vnd.oci.empty.v1+json"}
        layers = [self.put_blob(b"content") | {"annotations": {"org.opencontainers.image.title": title}}
                  for title in titles]
        kind = "application/vnd.oci.image.manifest.v1+json"
        manifest = {"schemaVersion": 2, "mediaType": kind, "artifactType": artifact_type, "config": config, "layers": layers}
        urllib.request.urlopen(urllib.request.Request(self.url("manifests/1"), method="PUT", data=json.dumps(manifest).encode(),
                                                      headers={"Content-Type": kind})).close()

    def refused(self, *words):
        said = self.fails("pull-output", "--dir", "out", *words, self.name, cache=self.other)
        self.assertFalse((self.here / "out").exists() and list((self.here / "out").iterdir()))
        return said

    def test_files_come_back_as_they_were(self):
        digest = self.push()
        self.assertEqual(self.push(), digest)
        self.assertEqual(self.pulled(), self.files)
        self.assertEqual(self.pulled("--name", "web"), {"web" + name[2:]: content for name, content in self.files.items()})
        self.succeeds("cache", "verify", cache=self.other)
        listed = json.loads(self.succeeds("cache", "ls", "--output", "json", cache=self.other).stdout)
        self.assertIn((self.name, digest, []), [(image["name"], image["digest"], image["platforms"]) for image in listed])

    def test_files_may_be_named_one_by_one(self):
        self.push(outputs=("os.iso", self.here / "os-kernel"))
        self.assertEqual(self.pulled(), {name: self.files[name] for name in ("os.iso", "os-kernel")})
        self.assertIn("error: 'absent' is neither a file nor the name of a build",
                      self.fails("cache", "push", "--outputs", "absent", self.name))

    def test_a_tag_is_not_moved_unless_asked(self):
        self.push()
        (self.here / "os-kernel").write_bytes(b"new")
        self.assertIn("is in the registry already and means sha256:", self.fails("cache", "push", "--outputs", "os", self.name))
        self.push("--override")
        self.assertEqual(self.pulled()["os-kernel"], b"new")

    def test_oras_pulls_the_files_by_name(self):
        program = shutil.which("oras") or peer("oras")
        if not program:
            self.skipTest("oras cannot be had")
        self.push()
        subprocess.run([program, "pull", "--plain-http", "-o", self.here / "by-oras", self.name], check=True,
                       env=self.env, capture_output=True)
        self.assertEqual({path.name: path.read_bytes() for path in (self.here / "by-oras").iterdir()}, self.files)
        found = subprocess.run([program, "discover", "--plain-http", "--format", "json", self.name], check=True,
                               env=self.env, capture_output=True, text=True).stdout
        for kind in ("application/spdx+json", "application/vnd.in-toto+json"):
            self.assertIn(f'"artifactType": "{kind}"', found)

    def test_what_is_in_it_and_where_it_is_from_are_referrers(self):
        digest = self.push("--lock", "os.lock")
        referrers = {entry["artifactType"]: entry
                     for entry in json.loads(self.get(f"manifests/{digest.replace(':', '-')}"))["manifests"]}
        self.assertEqual(set(referrers), {"application/spdx+json", "application/vnd.in-toto+json"})
        texts = {}
        for kind, entry in referrers.items():
            manifest = json.loads(self.get(f"manifests/{entry['digest']}"))
            self.assertEqual(manifest["subject"]["digest"], digest)
            texts[kind] = self.get(f"blobs/{manifest['layers'][0]['digest']}")
        with tarfile.open(self.here / "os.tar") as system:
            self.assertEqual(texts["application/spdx+json"], system.extractfile("sbom.spdx.json").read())
        statement = json.loads(texts["application/vnd.in-toto+json"])
        self.assertEqual({subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]},
                         {name: hashlib.sha256(content).hexdigest() for name, content in self.files.items()})
        self.assertEqual(statement["predicateType"], "https://slsa.dev/provenance/v1")
        locked = json.loads((self.here / "os.lock").read_text())["images"]["docker.io/test/image:1"]["digest"]
        dependencies = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
        self.assertIn(("docker.io/test/image:1", locked.split(":")[1]),
                      [(one["name"], one["digest"]["sha256"]) for one in dependencies])

    def test_a_system_without_a_bill_of_materials_says_so(self):
        done = self.succeeds("cache", "push", "--outputs", "os.iso", self.name)
        self.assertIn("warning: 'os' goes without its bill of materials: none of the files can be looked into (try: build "
                      "--sbom-file FILE, then push with --sbom FILE)", done.stderr)

    def test_a_bill_of_materials_can_come_from_a_file(self):
        self.build("--sbom-file", "bill.json")
        with tarfile.open(self.here / "os.tar") as system:
            self.assertEqual((self.here / "bill.json").read_bytes(), system.extractfile("sbom.spdx.json").read())
        done = self.succeeds("cache", "push", "--output", "json", "--sbom", "bill.json", "--outputs", "os.iso", self.name)
        self.assertNotIn("warning", done.stderr)
        digest = json.loads(done.stdout)[0]["digest"]
        kinds = {entry["artifactType"]: entry["digest"]
                 for entry in json.loads(self.get(f"manifests/{digest.replace(':', '-')}"))["manifests"]}
        manifest = json.loads(self.get(f"manifests/{kinds['application/spdx+json']}"))
        self.assertEqual(self.get(f"blobs/{manifest['layers'][0]['digest']}"), (self.here / "bill.json").read_bytes())
        self.write("no-bill.json", "{}")
        said = self.fails("cache", "push", "--override", "--sbom", "no-bill.json", "--outputs", "os.iso", self.name)
        self.assertIn("error: 'no-bill.json' is neither an SPDX nor a CycloneDX document in JSON", said)
        said = self.fails("build", "--sbom-file", "x", "--no-sbom", "os.yml", status=2)
        self.assertIn("--sbom-file and --no-sbom contradict each other", said)

    def test_names_that_lead_elsewhere_are_refused(self):
        for title in ("../evil", "/tmp/evil", "a/b", "..", ".hidden", "", "new\nline"):
            self.publish("os.iso", title)
            self.assertIn("which is no name of a file", self.refused())
        self.publish("os.iso", "os.iso")
        self.assertIn(f"error: '{self.name}' has two files 'os.iso'", self.refused())
        self.publish("os.iso")
        self.assertEqual(self.pulled(), {"os.iso": b"content"})

    def test_what_is_no_system_is_refused(self):
        self.publish("os.iso", artifact_type="application/vnd.example.other")
        said = self.refused()
        self.assertIn(f"error: '{self.name}' is an artifact of type 'application/vnd.example.other', not a built system", said)
        self.assertIn("coracle cache push --outputs", said)
        self.name = f"{self.repository}:image"
        self.succeeds("cache", "push", "--remote-name", self.name, "test/image:1")
        self.assertRegex(self.refused(), "is an index of images, not an artifact|is an image, not a built system")

    def test_signatures_are_checked_before_anything_is_written(self):
        for name in ("my", "other"):
            subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
                            self.here / f"{name}.key"], check=True, capture_output=True)
            subprocess.run(["openssl", "pkey", "-in", self.here / f"{name}.key", "-pubout", "-out", self.here / f"{name}.pub"],
                           check=True, capture_output=True)
        self.push()
        self.assertIn("is not signed", self.refused("--verify", "my.pub"))
        self.push("--sign", "my.key")
        self.assertIn("it is by another key", self.refused("--verify", "other.pub"))
        self.assertEqual(self.pulled("--verify", "my.pub"), self.files)

    def test_run_brings_what_it_boots(self):
        self.push(outputs=("os.iso",))
        run = ("run", "--accel", "tcg", "--arch", "x86_64", "--dry-run", self.name)
        command = self.succeeds(*run, cache=self.other).stdout.decode()
        iso, = (self.other / "systems").rglob("os.iso")
        self.assertIn(str(iso), command)
        self.assertEqual(iso.read_bytes(), self.files["os.iso"])
        iso.write_bytes(b"changed")
        self.succeeds(*run, cache=self.other)
        self.assertEqual(iso.read_bytes(), self.files["os.iso"])
        self.succeeds("cache", "clean", cache=self.other)
        self.assertFalse((self.other / "systems").exists())
        self.assertIn("nothing to boot", self.fails("run", "--dry-run", "absent", cache=self.other))


if __name__ == "__main__":
    main()
