# SPDX-License-Identifier: Apache-2.0
"""Other programs that speak to registries, as Debian has them: fetched once into the build directory."""

import fcntl
import os
import pathlib
import subprocess
import tarfile
import tempfile

from end_to_end import BUILD, CORACLE

HERE = BUILD / "peers"
PACKAGES = {"skopeo": "skopeo", "oras": "oras", "cosign": "cosign"}
GO = "1.24"

# The package manager knows how to fetch from Debian, for any release and without root.
BUILD_YML = """image: test-{program}
org: coracle
debian:
  packages: [{package}]
  keep: [/usr/bin/{program}]
"""

# Debian has the sources of crane, as a library, but not the program.
CRANE_YML = """image: test-crane
org: coracle
debian:
  packages: [golang-{go}-go, golang-github-google-go-containerregistry-dev]
  libraries: all
  drop: ["**/testdata"]
"""


def peer(program):
    """The path of a program; None when it cannot be had here. (crane is compiled, which takes a minute or two.)"""
    path = HERE / program
    HERE.mkdir(parents=True, exist_ok=True)
    with open(HERE / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists() and not (HERE / f"no-{program}").exists():
            try:
                build_crane(path) if program == "crane" else fetch(program, path)
            except (subprocess.CalledProcessError, KeyError) as error:
                (HERE / f"no-{program}").write_text(str(getattr(error, "stderr", error)))
    return path if path.exists() else None


def run(*words):
    subprocess.run([CORACLE, "--cache", HERE / "cache", "-q", *words], check=True, capture_output=True, text=True)


def package(program, description):
    """A tar with the files of Debian packages."""
    directory = HERE / f"package-{program}"
    directory.mkdir(exist_ok=True)
    (directory / "build.yml").write_text(description)
    run("pkg", "build", directory)
    name = next(name for name in names_in_cache() if f"test-{program}:" in name)
    archive = HERE / f"{program}.tar"
    run("cache", "export", "--format", "filesystem", "--outfile", archive, name)
    return archive


def put(content, path):
    temporary = path.with_suffix(".new")
    temporary.write_bytes(content)
    temporary.chmod(0o755)
    os.rename(temporary, path)


def fetch(program, path):
    archive = package(program, BUILD_YML.format(program=program, package=PACKAGES[program]))
    with tarfile.open(archive) as files:
        put(files.extractfile(f"usr/bin/{program}").read(), path)
    archive.unlink()


def build_crane(path):
    archive = package("crane", CRANE_YML.format(go=GO))
    with tempfile.TemporaryDirectory(dir=HERE) as root:
        root = pathlib.Path(root)
        subprocess.run(["tar", "-C", root, "-xf", archive], check=True, capture_output=True, text=True)
        go = root / f"usr/lib/go-{GO}"
        env = {"PATH": os.environ["PATH"], "HOME": root, "GOROOT": go, "GOPATH": root / "usr/share/gocode",
               "GOCACHE": root / "cache", "GOTOOLCHAIN": "local", "GO111MODULE": "off", "CGO_ENABLED": "0"}
        subprocess.run([go / "bin/go", "build", "-o", root / "crane", "github.com/google/go-containerregistry/cmd/crane"],
                       check=True, capture_output=True, text=True, env={key: str(value) for key, value in env.items()})
        put((root / "crane").read_bytes(), path)
    archive.unlink()


def names_in_cache():
    done = subprocess.run([CORACLE, "--cache", HERE / "cache", "cache", "ls"], check=True, capture_output=True, text=True)
    return [line.split()[0] for line in done.stdout.splitlines()]
