# SPDX-License-Identifier: Apache-2.0
"""Signatures and lock files, with cosign and the real registry server as peers."""

import http.server
import json
import os
import subprocess
import sys
import threading

from end_to_end import EndToEnd, main
from peers import peer
from registries import DockerRegistry


class WithRegistry(EndToEnd):
    """A registry with the image some/app:1, a cache of its own, and a key pair of openssl."""

    def setUp(self):
        super().setUp()
        self.registry = DockerRegistry(self.here / "registry")
        self.addCleanup(self.registry.stop)
        self.cache = self.here / "cache"
        self.image = f"{self.registry.host}/some/app:1"
        self.make_key("my")
        self.publish(self.image, "one")

    def coracle(self, *words, **options):
        options.setdefault("cache", self.cache)
        options.setdefault("env", os.environ | {"HOME": str(self.here)})
        return super().coracle(*words, **options)

    def make_key(self, name):
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
                        self.here / f"{name}.key"], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", self.here / f"{name}.key", "-pubout", "-out",
                        self.here / f"{name}.pub"], check=True, capture_output=True)

    def publish(self, image, content, *options):
        """Builds an image with one file and pushes it from a cache that is not the test's."""
        package = self.here / "package"
        package.mkdir(exist_ok=True)
        (package / "build.yml").write_text("image: app\norg: test\ntag: '1'\n"
                                           f"files: [{{path: /app, contents: '{content}'}}]\n")
        elsewhere = self.here / f"elsewhere-{content}"
        self.succeeds("pkg", "build", package, cache=elsewhere)
        self.succeeds("cache", "push", "--override", "--remote-name", image, *options, "test/app:1", cache=elsewhere)

    def system(self, *images, more=""):
        return self.write("os.yml", f"init: {json.dumps(images or [self.image])}\n{more}\n")

    def build(self, *options, yaml=None):
        return self.succeeds("build", "--format", "tar", "-o", "os.tar", *options, yaml or self.system())

    def refused(self, *options, yaml=None):
        text = self.fails("build", "--format", "tar", "-o", "os.tar", *options, yaml or self.system())
        self.assertFalse((self.here / "os.tar").exists())
        return text

    def digest(self, image):
        done = self.succeeds("cache", "ls", "--output", "json")
        return next(entry["digest"] for entry in json.loads(done.stdout) if entry["name"] == image)


class Signatures(WithRegistry):
    def test_what_is_not_signed_is_refused(self):
        text = self.refused("--verify", "my.pub")
        self.assertIn(f"os.yml:1:8: error: image '{self.image}' (sha256:", text)
        self.assertIn(") is not signed", text)
        self.assertIn("coracle sign", text)

    def test_what_is_signed_is_built(self):
        self.succeeds("sign", "--key", "my.key", self.image)
        self.build("--verify", "my.pub")
        self.make_key("other")
        (self.here / "os.tar").unlink()
        self.assertIn("it is by another key", self.refused("--verify", "other.pub"))

    def test_a_push_signs(self):
        self.publish(self.image, "two", "--sign", self.here / "my.key")
        self.build("--verify", "my.pub")

    def test_needs_no_registry_after_a_pull(self):
        self.succeeds("sign", "--key", "my.key", self.image)
        self.succeeds("cache", "pull", self.image)
        self.succeeds("cache", "clean", "--unused")
        self.assertEqual(json.loads(self.succeeds("cache", "du", "--output", "json").stdout)["unused"], 0)
        self.registry.stop()
        self.build("--verify", "my.pub")

    def test_a_pull_refuses_too(self):
        self.assertIn("is not signed", self.fails("cache", "pull", "--verify", "my.pub", self.image))
        self.assertEqual(self.succeeds("cache", "ls").stdout, b"")
        self.succeeds("sign", "--key", "my.key", self.image)
        self.succeeds("cache", "pull", "--verify", "my.pub", self.image)

    def test_a_package_that_was_built_here_is_signed_here(self):
        yaml = self.system("@pkg:./package")
        text = self.refused("--verify", "my.pub", yaml=yaml)
        self.assertIn("image 'test/app:1'", text)
        self.succeeds("sign", "--key", "my.key", "--cache-only", "test/app:1")
        self.build("--verify", "my.pub", yaml=yaml)

    def test_trust_selects_what_must_be_signed(self):
        other = f"{self.registry.host}/other/app:1"
        self.publish(other, "other")
        self.succeeds("sign", "--key", "my.key", self.image)
        self.assertIn(f"image '{other}'", self.refused("--verify", "my.pub", yaml=self.system(self.image, other)))
        done = self.build("--verify", "my.pub", yaml=self.system(self.image, other, more="trust: {org: [some]}"))
        self.assertIn(f"signatures not looked at, as 'trust' does not name them: {other}", done.stderr)
        done = self.build(yaml=self.system(more="trust: {org: [some]}"))
        self.assertIn("warning: 'trust' has no effect without --verify", done.stderr)

    def test_a_policy_says_who_signs_what(self):
        policy = {"default": [{"type": "reject"}],
                  "transports": {"docker": {f"{self.registry.host}/some": [{"type": "sigstoreSigned", "keyPath": "my.pub"}]}}}
        self.write("policy.json", json.dumps(policy))
        self.assertIn("is not signed", self.refused("--verify", "policy.json"))
        self.succeeds("sign", "--key", "my.key", self.image)
        self.build("--verify", "policy.json")
        other = f"{self.registry.host}/other/app:1"
        self.publish(other, "other")
        (self.here / "os.tar").unlink()
        self.assertIn(f"policy 'policy.json' rejects image '{other}'",
                      self.refused("--verify", "policy.json", yaml=self.system(other)))

    def test_what_is_refused_takes_no_name_from_what_was_there(self):
        self.publish(self.image, "one", "--sign", self.here / "my.key")
        self.build("--verify", "my.pub")
        before = self.digest(self.image)
        self.publish(self.image, "two")
        (self.here / "os.tar").unlink()
        self.refused("--verify", "my.pub", "--pull")
        self.fails("cache", "pull", "--verify", "my.pub", self.image)
        self.assertEqual(self.digest(self.image), before)
        self.build("--verify", "my.pub")

    def test_a_damaged_signature_in_the_cache_ends_the_build(self):
        self.succeeds("sign", "--key", "my.key", self.image)
        self.build("--verify", "my.pub")
        (self.here / "os.tar").unlink()
        damaged = 0
        for blob in (self.cache / "blobs" / "sha256").iterdir():
            if b"cosign container image signature" in blob.read_bytes():
                blob.chmod(0o644)
                blob.write_bytes(b"x" * blob.stat().st_size)
                damaged += 1
        self.assertEqual(damaged, 1)
        self.assertIn("damaged", self.refused("--verify", "my.pub"))

    def test_what_is_no_key_ends_the_build(self):
        self.write("empty", "")
        self.write("half.json", '{"default":')
        self.assertIn("key 'empty' holds no public key", self.refused("--verify", "empty"))
        self.assertIn("policy 'half.json' is not valid JSON", self.refused("--verify", "half.json"))
        self.assertIn("cannot open 'absent'", self.refused("--verify", "absent"))
        self.assertIn("key 'my.key' is a private key", self.refused("--verify", "my.key"))


class Cosign(WithRegistry):
    def setUp(self):
        self.program = peer("cosign")
        if self.program is None:
            print("SKIPPED: cosign cannot be had", file=sys.stderr)
            self.skipTest("cosign cannot be had")
        super().setUp()
        self.env = os.environ | {"COSIGN_PASSWORD": "secret", "HOME": str(self.here), "COSIGN_EXPERIMENTAL": "1"}
        self.cosign("generate-key-pair")

    def cosign(self, *words, ok=True):
        done = subprocess.run([self.program, *map(str, words)], cwd=self.here, env=self.env, capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode == 0, ok, done.stderr)
        return done

    def cosign_verifies(self, *options, key="cosign.pub", ok=True):
        return self.cosign("verify", "--key", key, "--insecure-ignore-tlog", "--allow-http-registry", *options,
                           self.image, ok=ok)

    def cosign_signs(self, *options):
        self.cosign("sign", "--key", "cosign.key", "--tlog-upload=false", "--allow-http-registry", "--yes", *options,
                    self.image)

    def test_accepts_what_we_sign_with_its_key(self):
        self.cosign_verifies(ok=False)
        self.succeeds("sign", "--key", "cosign.key", self.image, env=self.env)
        claims = json.loads(self.cosign_verifies().stdout)
        self.assertEqual(claims[0]["critical"]["identity"]["docker-reference"], f"{self.registry.host}/some/app")
        self.cosign_verifies(key="my.pub", ok=False)

    def test_accepts_what_we_sign_with_a_key_of_openssl(self):
        self.succeeds("sign", "--key", "my.key", self.image)
        self.cosign_verifies(key="my.pub")

    def test_accepts_our_referrers(self):
        self.succeeds("sign", "--key", "cosign.key", "--referrers", self.image, env=self.env)
        self.cosign_verifies("--experimental-oci11")

    def test_accepts_ours_beside_its_own(self):
        self.cosign_signs()
        self.succeeds("sign", "--key", "my.key", self.image)
        self.cosign_verifies()
        self.cosign_verifies(key="my.pub")

    def test_accepts_what_a_push_signs(self):
        self.publish(self.image, "two", "--sign", self.here / "my.key")
        self.cosign_verifies(key="my.pub")

    def test_its_signatures_are_accepted(self):
        self.refused("--verify", "cosign.pub")
        self.cosign_signs()
        self.build("--verify", "cosign.pub")

    def test_its_referrers_are_accepted(self):
        self.cosign_signs("--registry-referrers-mode=oci-1-1")
        self.build("--verify", "cosign.pub")

    def test_its_annotations_do_not_matter(self):
        self.cosign_signs("-a", "release=1")
        self.build("--verify", "cosign.pub")

    def test_its_signature_for_another_name_is_refused(self):
        self.cosign_signs("--sign-container-identity", "quay.io/other/app")
        self.assertIn("it is for 'quay.io/other/app'", self.refused("--verify", "cosign.pub"))

    def test_its_key_wants_its_password(self):
        text = self.fails("sign", "--key", "cosign.key", self.image, env=self.env | {"COSIGN_PASSWORD": "wrong"})
        self.assertIn("the password of key 'cosign.key' is wrong", text)


class LockFile(WithRegistry):
    def lock(self):
        return json.loads((self.here / "os.lock").read_text())

    def test_is_written_and_followed(self):
        self.build("--lock", "os.lock")
        image = self.lock()["images"][self.image]
        self.assertEqual(image["digest"], self.digest(self.image))
        self.assertEqual(len(image["platforms"]), 1)
        self.assertEqual(self.lock()["specs"], ["os.yml"])
        before = (self.here / "os.lock").read_bytes()
        first = (self.here / "os.tar").read_bytes()
        self.publish(self.image, "two")
        self.succeeds("cache", "clean")
        self.build("--lock", "os.lock")  # what is locked, though the tag means something else by now
        self.assertEqual((self.here / "os.tar").read_bytes(), first)
        self.build("--lock", "os.lock", "--pull")
        self.assertEqual((self.here / "os.tar").read_bytes(), first)
        self.assertEqual((self.here / "os.lock").read_bytes(), before)

    def test_refuses_what_differs_and_says_both(self):
        self.build("--lock", "os.lock")
        locked = next(iter(self.lock()["images"][self.image]["platforms"].values()))
        self.publish(self.image, "two")
        self.succeeds("cache", "pull", self.image)
        (self.here / "os.tar").unlink()
        text = self.refused("--lock", "os.lock")
        self.assertIn(f"os.yml:1:8: error: image '{self.image}' is sha256:", text)
        self.assertIn(f", but lock file 'os.lock' has {locked}", text)
        self.assertIn("coracle lock update os.lock", text)
        self.build("--lock", "os.lock", "--pull")

    def test_is_refreshed(self):
        self.build("--lock", "os.lock")
        before = (self.here / "os.tar").read_bytes()
        self.publish(self.image, "two")
        done = self.succeeds("lock", "update", "os.lock")
        self.assertRegex(done.stdout.decode(), f"^{self.image} linux/[a-z0-9]+: sha256:[0-9a-f]+ is now sha256:[0-9a-f]+\n$")
        self.build("--lock", "os.lock")
        self.assertNotEqual((self.here / "os.tar").read_bytes(), before)
        self.assertEqual(self.succeeds("lock", "update", "os.lock").stdout, b"")

    def test_knows_its_files_from_anywhere(self):
        self.build("--lock", "os.lock")
        done = self.succeeds("lock", "update", self.here / "os.lock")
        self.assertEqual(done.stdout, b"")
        self.system(self.image, self.image.replace(":1", ":2"))
        self.publish(self.image.replace(":1", ":2"), "two")
        self.assertIn("is not in lock file 'os.lock'", self.fails(
            "build", "--format", "tar", "-o", "os.tar", "--lock", "os.lock", "os.yml"))
        self.assertIn(b"some/app:2 linux/", self.succeeds("lock", "update", "os.lock").stdout)

    def test_pins_packages_and_files(self):
        self.write("motd", "hello")
        yaml = self.system("@pkg:./package", more="files: [{path: etc/motd, source: motd}]")
        self.build("--lock", "os.lock", yaml=yaml)
        self.assertEqual(self.lock()["packages"], {"@pkg:package": "docker.io/test/app:1"})
        self.assertEqual(sorted(self.lock()["files"]), ["motd", "os.yml"])
        self.write("motd", "good evening")
        done = self.build("--lock", "os.lock", yaml=yaml)
        self.assertIn("'motd' is not as it was when 'os.lock' was written", done.stderr)
        done = self.succeeds("lock", "update", "os.lock")
        self.assertRegex(done.stdout.decode(), "^motd: sha256:[0-9a-f]+ is now sha256:[0-9a-f]+\n$")

    def test_can_be_refreshed_from_the_cache_alone(self):
        self.build("--lock", "os.lock")
        self.publish(self.image, "two")
        self.registry.stop()
        self.fails("lock", "update", "os.lock")
        self.assertEqual(self.succeeds("lock", "update", "--no-pull", "os.lock").stdout, b"")

    def test_pins_what_comes_from_urls(self):
        served = {"text": f"init: ['{self.image}']\n"}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = served["text"].encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/os.yml"
        self.build("--lock", "os.lock", yaml=url)
        self.assertEqual(list(self.lock()["urls"]), [url])
        served["text"] += "# changed\n"
        (self.here / "os.tar").unlink()
        text = self.refused("--lock", "os.lock", yaml=url)
        self.assertRegex(text, f"'{url}' is sha256:[0-9a-f]+, but lock file 'os.lock' has sha256:[0-9a-f]+")
        self.succeeds("lock", "update", "os.lock")
        self.build("--lock", "os.lock", yaml=url)
        served["text"] += "trust: {org: [nobody]}\n"
        self.assertIn("'trust' is not followed in a build from a URL",
                      self.fails("build", "--format", "tar", "-o", "two.tar", "--verify", "my.pub", url))

    def test_that_is_malformed_is_refused(self):
        for text, message in (("{", "lock file 'os.lock' is not valid JSON"),
                              ("{}", "lock file 'os.lock' is no lock file of version 1"),
                              ('{"coracleLock":1,"more":1}', "lock file 'os.lock': 'more' is not known"),
                              ('{"coracleLock":1,"images":{"a":{"digest":"x"}}}', "'x' is not a digest")):
            self.write("os.lock", text)
            self.assertIn(message, self.refused("--lock", "os.lock"))


if __name__ == "__main__":
    main()
