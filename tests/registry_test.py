# SPDX-License-Identifier: Apache-2.0
"""Registries: the real one in its several forms, with other programs on the other side."""

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

HOME = pathlib.Path(tempfile.mkdtemp(prefix="coracle-registries-"))
PLAIN = SECURE = None  # registries that all tests share
KEY = CERTIFICATE = None
MOUNTING = ["unshare", "--map-root-user", "--mount"]  # what anyone may mount in


def setUpModule():
    global PLAIN, SECURE, KEY, CERTIFICATE
    for program in ("docker-registry", "htpasswd", "openssl", "skopeo"):
        if not shutil.which(program):
            raise unittest.SkipTest(f"{program} is not installed")
    KEY, CERTIFICATE = registries.make_certificate(HOME)
    PLAIN = registries.DockerRegistry(HOME / "plain")
    users = HOME / "htpasswd"
    users.write_text(subprocess.run(["htpasswd", "-Bbn", "someone", "secret"], check=True, capture_output=True,
                                    text=True).stdout)
    SECURE = registries.DockerRegistry(HOME / "secure", tls={"certificate": str(CERTIFICATE), "key": str(KEY)},
                                       auth={"htpasswd": {"realm": "test", "path": str(users)}})


def tearDownModule():
    for server in (PLAIN, SECURE):
        if server:
            server.stop()
    shutil.rmtree(HOME, ignore_errors=True)


class RegistryTest(EndToEnd):
    """A cache with one image, and the environment of someone without any configuration."""

    def setUp(self):
        super().setUp()
        self.home = self.here / "home"
        self.home.mkdir()
        self.env = registries.environment(self.home)
        self.cache = self.here / "cache"
        self.other = self.here / "other"
        archive = oci_image.Archive().add(
            "test/image:1", oci_image.layer(oci_image.member("hello", b"hello\n")),
            oci_image.layer(oci_image.member("large", os.urandom(3_000_000))), Cmd=["/hello"])
        self.succeeds("cache", "import", archive.write(self.here / "image.tar"))

    def coracle(self, *words, **options):
        return super().coracle(*words, cache=options.pop("cache", self.cache), env=options.pop("env", self.env), **options)

    def digest(self, cache):
        """The digest of the only image in a cache."""
        images = json.loads(self.succeeds("cache", "ls", "--output", "json", cache=cache).stdout)
        self.assertEqual(len(images), 1)
        return images[0]["digest"]

    def name(self, server, tag):
        return f"{server.host}/{self.id().split('.')[-1].replace('_', '-')[5:].lower()}:{tag}"

    def push(self, name, *more, **options):
        return self.succeeds("cache", "push", "--remote-name", name, *more, "test/image:1", **options)

    def arrives(self, name, *more, **options):
        """Pulls into another cache, which is whole and has the same image then."""
        shutil.rmtree(self.other, ignore_errors=True)
        done = self.succeeds("-v", "1", "cache", "pull", *more, name, cache=self.other, **options)
        self.succeeds("cache", "verify", cache=self.other)
        self.assertEqual(self.digest(self.other), self.digest(self.cache))
        return done.stderr

    def skopeo(self, *words):
        return self.run_peer("skopeo", *words)

    def run_peer(self, program, *words):
        path = shutil.which(program) or peer(program)
        if not path:
            self.skipTest(f"{program} cannot be had")
        done = subprocess.run([path, *map(str, words)], cwd=self.here, env=self.env, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout


class Plain(RegistryTest):
    def test_what_is_pushed_can_be_pulled(self):
        name = self.name(PLAIN, 1)
        pushed = json.loads(self.push(name, "--output", "json").stdout)
        self.assertEqual(pushed, [{"name": name, "digest": self.digest(self.cache)}])
        self.assertIn(": HTTP/1.1 200", self.arrives(name))

    def test_a_build_pulls_what_the_cache_lacks(self):
        name = self.name(PLAIN, 1)
        self.push(name)
        self.write("os.yml", f"init: [{name}]\n")
        done = self.succeeds("build", "--format", "tar", "os.yml", cache=self.other)
        self.assertIn(name, done.stderr)
        listed = subprocess.run(["tar", "tf", self.here / "os.tar"], check=True, capture_output=True, text=True).stdout
        self.assertIn("hello\n", listed)

    def test_blobs_of_another_repository_are_mounted(self):
        first, second = self.name(PLAIN, 1), f"{PLAIN.host}/mounted/there:1"
        self.push(first)
        self.arrives(first)
        self.succeeds("cache", "push", "--remote-name", second, first, cache=self.other)
        seen = [line for line in PLAIN.requests() if "/mounted/there/" in line]
        self.assertEqual(sum(line.startswith("POST") and "mount=" in line for line in seen), 3)
        self.assertFalse([line for line in seen if line.startswith(("PATCH", "PUT")) and "/uploads/" in line])

    def test_skopeo_reads_ours_and_we_read_skopeos(self):
        name = self.name(PLAIN, 1)
        self.push(name)
        copy = ("--insecure-policy", "copy", "-q", "--all", "--preserve-digests")
        self.skopeo(*copy, "--src-tls-verify=false", f"docker://{name}", "oci:layout:test/image:1")
        self.succeeds("cache", "import", "--name", "test/image:1", "layout", cache=self.other)
        self.assertEqual(self.digest(self.other), self.digest(self.cache))
        self.skopeo(*copy, "--dest-tls-verify=false", "oci:layout:test/image:1", f"docker://{name}-back")
        self.arrives(name + "-back")

    def test_oras_reads_ours_and_we_read_oras(self):
        name = self.name(PLAIN, 1)
        self.push(name)
        self.run_peer("oras", "copy", "--from-plain-http", name, "--to-oci-layout", "layout:1")
        self.succeeds("cache", "import", "--name", "test/image:1", "layout", cache=self.other)
        self.assertEqual(self.digest(self.other), self.digest(self.cache))
        self.run_peer("oras", "copy", "--from-oci-layout", "layout:1", "--to-plain-http", name + "-back")
        self.arrives(name + "-back")

    def test_cosign_reads_ours_and_we_read_cosigns(self):
        name = self.name(PLAIN, 1)
        self.push(name)
        self.run_peer("cosign", "save", "--allow-http-registry", "--dir", "saved", name)
        self.run_peer("cosign", "load", "--allow-http-registry", "--dir", "saved", f"{PLAIN.host}/by/cosign:1")
        self.arrives(f"{PLAIN.host}/by/cosign:1")

    def test_published_images_can_be_cleaned_away(self):
        name = self.name(PLAIN, 1)
        self.push(name)
        self.arrives(name)
        archive = oci_image.Archive().add(f"{PLAIN.host}/never/pushed:1", oci_image.layer(oci_image.member("a", b"b")))
        self.succeeds("cache", "import", archive.write(self.here / "second.tar"), cache=self.other)
        self.succeeds("cache", "clean", "--published-only", cache=self.other)
        left = json.loads(self.succeeds("cache", "ls", "--output", "json", cache=self.other).stdout)
        self.assertEqual([image["name"] for image in left], [f"{PLAIN.host}/never/pushed:1"])


class Secure(RegistryTest):
    def test_with_a_certificate_and_a_password(self):
        name = self.name(SECURE, 1)
        self.assertIn("certificate", self.fails("cache", "push", "--remote-name", name, "test/image:1"))
        trusting = ("--cert-file", CERTIFICATE)
        refused = self.fails(*trusting, "cache", "push", "--remote-name", name, "test/image:1")
        self.assertIn(f"error: registry '{SECURE.host}' refuses access to", refused)
        self.assertIn(f"try: docker login {SECURE.host} (no credentials for it in {self.home}/.config/containers/auth.json, "
                      f"which does not exist; {self.home}/.docker/config.json, which does not exist)", refused)
        registries.docker_config(self.home, SECURE.host, "someone", "wrong")
        refused = self.fails(*trusting, "cache", "push", "--remote-name", name, "test/image:1")
        self.assertIn(f"(user 'someone' is from {self.home}/.docker/config.json)", refused)
        self.succeeds(*trusting, "cache", "push", "--registry-creds", f"{SECURE.host}=someone:secret", "--remote-name",
                      name, "test/image:1")
        registries.docker_config(self.home, SECURE.host, "someone", "secret")
        said = self.arrives(name, *trusting)
        self.assertIn(": HTTP/2 200", said)
        self.assertNotIn("secret", said)
        self.assertNotIn("uthorization", said)

    def test_certificates_lie_where_docker_and_podman_have_them(self):
        registries.docker_config(self.home, SECURE.host, "someone", "secret")
        directory = self.home / ".config/containers/certs.d" / SECURE.host
        directory.mkdir(parents=True)
        shutil.copy(CERTIFICATE, directory / "ca.crt")
        self.push(self.name(SECURE, 1))
        self.arrives(self.name(SECURE, 1))

    def test_certificates_of_the_whole_machine(self):
        registries.docker_config(self.home, SECURE.host, "someone", "secret")
        for where in ("/etc/docker", "/etc/containers"):
            here = self.here / where.replace("/", "_")
            (here / "certs.d" / SECURE.host).mkdir(parents=True)
            shutil.copy(CERTIFICATE, here / "certs.d" / SECURE.host / "ca.crt")
            script = f'mount --bind {here} {where} || exit 77; exec "$@"'
            done = subprocess.run([*MOUNTING, "sh", "-c", script, "sh", os.environ["CORACLE"], "--cache", self.cache,
                                   "cache", "push", "--remote-name", self.name(SECURE, 1), "test/image:1"],
                                  env=self.env, capture_output=True, text=True)
            if done.returncode == 77 or "unshare" in done.stderr:
                self.skipTest("nothing can be mounted here")
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_podman_and_a_helper_know(self):
        name = self.name(SECURE, 1)
        trusting = ("--cert-file", CERTIFICATE)
        subprocess.run(["skopeo", "login", "--authfile", self.here / "auth.json", "-u", "someone", "-p", "secret",
                        "--tls-verify=false", SECURE.host], check=True, capture_output=True)
        self.push(name, *trusting, env=self.env | {"REGISTRY_AUTH_FILE": str(self.here / "auth.json")})
        programs = self.here / "bin"
        programs.mkdir()
        helper = programs / "docker-credential-mine"
        helper.write_text('#!/bin/sh\necho \'{"Username":"someone","Secret":"secret"}\'\n')
        helper.chmod(0o755)
        (self.here / "docker").mkdir()
        (self.here / "docker/config.json").write_text(json.dumps({"credHelpers": {SECURE.host: "mine"}}))
        self.arrives(name, *trusting, env=self.env | {"DOCKER_CONFIG": str(self.here / "docker"),
                                                      "PATH": f"{programs}:{self.env['PATH']}"})


    def test_a_certificate_of_ours_is_shown_to_who_wants_one(self):
        server = registries.DockerRegistry(self.here / "strict", tls={
            "certificate": str(CERTIFICATE), "key": str(KEY), "clientcas": [str(CERTIFICATE)]})
        self.addCleanup(server.stop)
        directory = self.home / ".config/containers/certs.d" / server.host
        directory.mkdir(parents=True)
        shutil.copy(CERTIFICATE, directory / "ca.crt")
        self.fails("cache", "push", "--remote-name", self.name(server, 1), "test/image:1")
        shutil.copy(CERTIFICATE, directory / "mine.cert")
        shutil.copy(KEY, directory / "mine.key")
        self.push(self.name(server, 1))
        self.arrives(self.name(server, 1))

    def test_a_redirect_away_from_tls_is_not_followed(self):
        liar = registries.Redirecting(KEY, CERTIFICATE, f"http://{PLAIN.host}")
        self.addCleanup(liar.stop)
        self.assertIn(f"error: 'https://{liar.host}/v2/a/manifests/1' redirects to plain HTTP at 'http://{PLAIN.host}/v2/a/manifests/1'",
                      self.fails("--cert-file", CERTIFICATE, "cache", "pull", f"{liar.host}/a:1", cache=self.other))
        self.assertIn(f"' redirects to plain HTTP at 'http://{PLAIN.host}/v2/a/blobs/uploads/'",
                      self.fails("--cert-file", CERTIFICATE, "cache", "push", "--remote-name", f"{liar.host}/a:1", "test/image:1"))


class Tokens(RegistryTest):
    @classmethod
    def setUpClass(cls):
        cls.tokens = registries.TokenServer(KEY, CERTIFICATE)
        cls.registry = registries.DockerRegistry(HOME / "tokens", auth={"token": {
            "realm": cls.tokens.realm, "service": "tests", "issuer": "tests", "rootcertbundle": str(CERTIFICATE)}})

    @classmethod
    def tearDownClass(cls):
        cls.registry.stop()
        cls.tokens.stop()

    def test_a_token_is_asked_for_what_is_done(self):
        name = self.name(self.registry, 1)
        refused = self.fails("cache", "push", "--remote-name", name, "test/image:1")
        self.assertIn(f"registry '{self.registry.host}' refuses access to", refused)
        self.assertIn(f"docker login {self.registry.host}", refused)
        registries.docker_config(self.home, self.registry.host, "someone", "secret")
        self.push(name)
        before = len(self.tokens.issued)
        self.arrives(name)
        repository = name.split("/")[1].split(":")[0]
        self.assertGreater(len(self.tokens.issued), before)
        for access in self.tokens.issued[before:]:
            self.assertEqual(access, [{"type": "repository", "name": repository, "actions": ["pull"]}])

    def test_mounting_asks_for_both_repositories(self):
        registries.docker_config(self.home, self.registry.host, "someone", "secret")
        self.push(f"{self.registry.host}/base/image:1")
        self.arrives(f"{self.registry.host}/base/image:1")
        self.succeeds("cache", "push", "--remote-name", f"{self.registry.host}/app/image:1",
                      f"{self.registry.host}/base/image:1", cache=self.other)
        asked = {(part["name"], ",".join(part["actions"])) for access in self.tokens.issued if len(access) == 2
                 for part in access}
        self.assertEqual(asked, {("base/image", "pull"), ("app/image", "pull,push")})


class Around(RegistryTest):
    """Mirrors, pull-through proxies, proxies of the environment, registries.conf."""

    @classmethod
    def setUpClass(cls):
        cls.through = registries.DockerRegistry(HOME / "through", proxy={"remoteurl": f"http://{PLAIN.host}"})

    @classmethod
    def tearDownClass(cls):
        cls.through.stop()

    def configure(self, text):
        directory = self.home / ".config/containers"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "registries.conf").write_text(text)

    def test_a_pull_through_proxy_as_mirror(self):
        name = self.name(PLAIN, 1)
        self.push(name)
        for mirror in (f"http://{self.through.host}", f"{PLAIN.host}=http://{self.through.host}"):
            before = len(self.through.requests())
            self.arrives(name, "--mirror", mirror)
            self.assertGreater(len(self.through.requests()), before)
        before = len(self.through.requests())
        self.arrives(name, env=self.env | {"LINUXKIT_MIRROR": f"http://{self.through.host}"})
        self.assertGreater(len(self.through.requests()), before)

    def test_mirrors_and_locations_of_registries_conf(self):
        name = self.name(PLAIN, 1)
        self.push(name)
        path = name.split("/")[1]
        self.configure(f"[[registry]]\nprefix = 'images.example/team'\nlocation = '{PLAIN.host}'\n"
                       f"[[registry.mirror]]\nlocation = '{self.through.host}'\n")
        before = len(self.through.requests())
        self.arrives(f"images.example/team/{path}")
        self.assertGreater(len(self.through.requests()), before)
        self.configure(f"[[registry]]\nprefix = 'images.example'\nblocked = true\n")
        shutil.rmtree(self.other)
        self.assertIn(f"error: 'images.example/team/{path}' is blocked by registries.conf, as all of 'images.example'",
                      self.fails("cache", "pull", f"images.example/team/{path}", cache=self.other))

    def test_a_mirror_that_is_down_does_no_harm(self):
        name = self.name(PLAIN, 1)
        self.push(name)
        said = self.arrives(name, "--mirror", f"http://127.0.0.1:{registries.free_port()}")
        self.assertIn(f"does not serve '{name}'", said)

    def test_proxies_of_the_environment(self):
        if not shutil.which("tinyproxy"):
            self.skipTest("tinyproxy is not installed")
        name = self.name(PLAIN, 1)
        self.push(name)
        proxy = registries.Proxy(self.here / "proxy")
        self.addCleanup(proxy.stop)
        env = self.env | {"http_proxy": f"http://127.0.0.1:{proxy.port}"}
        # Only the proxy knows the way to this name's address; this machine itself is reached without.
        self.arrives(name, env=env)
        self.assertNotIn(f"localhost:{PLAIN.port}", proxy.log.read_text())
        host = f"0.0.0.0:{PLAIN.port}"
        self.arrives(name.replace(PLAIN.host, host), "--insecure", host, env=env | {"https_proxy": env["http_proxy"]})
        self.assertIn(f"0.0.0.0", proxy.log.read_text())


class Adversity(RegistryTest):
    def test_a_full_disk_says_so_and_leaves_a_sound_cache(self):
        name = self.name(PLAIN, 1)
        self.push(name)
        small = self.here / "small"
        small.mkdir()
        script = f"mount -t tmpfs -o size=2m tmpfs {small} && echo mounted && exec cat"
        mounter = subprocess.Popen([*MOUNTING, "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(mounter.communicate)  # it ends with its input, and the mount with it
        if mounter.stdout.readline() != b"mounted\n":
            self.skipTest("nothing can be mounted here")
        small = pathlib.Path(f"/proc/{mounter.pid}/root{small}")
        self.assertRegex(self.fails("cache", "pull", name, cache=small / "cache"),
                         r"error: image '.*' needs 2\.9 MiB in the cache '.*', whose disk has \d\.\d MiB left\n")
        self.assertRegex(self.fails("cache", "import", "image.tar", cache=small / "cache"), "error: .*No space left on device")
        self.succeeds("cache", "verify", cache=small / "cache")
        self.assertEqual(self.succeeds("cache", "ls", cache=small / "cache").stdout, b"")

    def test_cleaning_while_builds_run_takes_nothing_from_them(self):
        name = self.name(PLAIN, 1)
        self.push(name)
        self.write("os.yml", f"init: [{name}]\n")
        command = [os.environ["CORACLE"], "--cache", self.other, "-q", "build", "--format", "tar"]
        builds = [subprocess.Popen([*command, "--name", f"os{number}", "os.yml"], cwd=self.here, env=self.env,
                                   stderr=subprocess.PIPE, text=True) for number in range(4)]
        while any(build.poll() is None for build in builds):
            self.succeeds("cache", "clean", cache=self.other)
        for build in builds:
            self.assertEqual(build.wait(), 0, build.stderr.read())
            build.stderr.close()
        self.succeeds("cache", "verify", cache=self.other)


if __name__ == "__main__":
    main()
