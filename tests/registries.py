# SPDX-License-Identifier: Apache-2.0
"""Registries on this machine for tests: docker-registry as it is, and a token server that it trusts."""

import base64
import http.server
import json
import os
import pathlib
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(directory):
    """A key and a certificate for 127.0.0.1 and localhost, which trusts itself."""
    key, certificate = directory / "key.pem", directory / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return key, certificate


class DockerRegistry:
    """docker-registry in a directory of its own, until stop()."""

    def __init__(self, directory, **sections):
        """`sections` are those of its configuration; `tls` belongs to http."""
        directory.mkdir(parents=True)
        self.port = free_port()
        self.host = f"localhost:{self.port}"
        self.log = directory / "log"
        tls = sections.pop("tls", None)
        config = {"version": 0.1, "log": {"level": "info"},
                  "storage": {"filesystem": {"rootdirectory": str(directory / "data")}, "delete": {"enabled": True}},
                  "http": {"addr": f"127.0.0.1:{self.port}"} | ({"tls": tls} if tls else {})} | sections
        (directory / "config.yml").write_text(json.dumps(config))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["docker-registry", "serve", directory / "config.yml"], stdout=log, stderr=log)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError("docker-registry does not start")

    def stop(self):
        self.process.kill()
        self.process.wait()

    def requests(self):
        """Method and path of each request so far."""
        found = []
        for line in self.log.read_text(errors="replace").splitlines():
            words = line.split('"')
            if len(words) > 2 and " HTTP/" in words[1]:
                found.append(words[1].rsplit(" ", 1)[0])
        return found


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class TokenServer:
    """Issues signed tokens to one user, as the distribution project's token specification says."""

    user, password = "someone", "secret"

    def __init__(self, key, certificate, lifetime=300):
        self.key, self.lifetime, self.issued = key, lifetime, []
        der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
        self.chain = [base64.b64encode(der).decode()]
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                pair = f"{owner.user}:{owner.password}".encode()
                known = self.headers.get("Authorization") == "Basic " + base64.b64encode(pair).decode()
                answer = json.dumps({"token": owner.token(query, known), "expires_in": owner.lifetime}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.realm = f"http://127.0.0.1:{self.server.server_port}/token"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, query, known):
        """Who is known may do all that is asked for; others may do nothing."""
        access = []
        for scope in " ".join(query.get("scope", [])).split():
            kind, rest = scope.split(":", 1)
            name, actions = rest.rsplit(":", 1)
            access.append({"type": kind, "name": name, "actions": actions.split(",") if known else []})
        self.issued.append(access)
        now = int(time.time())
        header = {"typ": "JWT", "alg": "RS256", "x5c": self.chain}
        claims = {"iss": "tests", "sub": self.user, "aud": query["service"][0], "iat": now, "nbf": now - 10,
                  "exp": now + self.lifetime, "jti": str(len(self.issued)), "access": access}
        text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=text.encode(), check=True,
                                   capture_output=True).stdout
        return f"{text}.{base64url(signature)}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Redirecting:
    """A registry with TLS that sends everyone elsewhere, also with what is uploaded."""

    def __init__(self, key, certificate, target):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200 if self.path == "/v2/" else 307)
                self.send_header("Location", target + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_HEAD(self):
                self.send_error(404)

            def do_POST(self):
                self.send_response(202)
                self.send_header("Location", target + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"localhost:{self.server.server_port}"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Proxy:
    """tinyproxy, until stop(); its log says what went through."""

    def __init__(self, directory):
        directory.mkdir(parents=True)
        self.port = free_port()
        self.log = directory / "log"
        config = directory / "config"
        config.write_text(f'Port {self.port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nLogFile "{self.log}"\n'
                          f'LogLevel Connect\nAllow 127.0.0.1\n')
        self.process = subprocess.Popen(["tinyproxy", "-d", "-c", config], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError("tinyproxy does not start")

    def stop(self):
        self.process.kill()
        self.process.wait()


def docker_config(home, host, user, password):
    """Writes HOME/.docker/config.json as `docker login` does."""
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    (home / ".docker").mkdir(parents=True, exist_ok=True)
    (home / ".docker" / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))


def environment(home, **more):
    """The environment of someone whose only configuration is in `home`."""
    kept = {name: value for name, value in os.environ.items()
            if not name.lower().endswith("_proxy") and name not in ("DOCKER_CONFIG", "REGISTRY_AUTH_FILE",
                                                                     "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
                                                                     "LINUXKIT_MIRROR", "LINUXKIT_CACHE")}
    return kept | {"HOME": str(pathlib.Path(home))} | more
