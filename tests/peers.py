# SPDX-License-Identifier: Apache-2.0
"""Other programs that speak to registries, as Debian has them: fetched once into the build directory."""

import fcntl
import os
import subprocess
import tarfile

from end_to_end import BUILD, CORACLE

HERE = BUILD / "peers"
PACKAGES = {"skopeo": "skopeo", "oras": "oras", "cosign": "cosign"}

# The package manager knows how to fetch from Debian, for any release and without root.
BUILD_YML = """image: test-{program}
org: coracle
debian:
  packages: [{package}]
  keep: [/usr/bin/{program}]
"""


def peer(program):
    """The path of a program; None when it cannot be had here."""
    path = HERE / program
    HERE.mkdir(parents=True, exist_ok=True)
    with open(HERE / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists() and not (HERE / f"no-{program}").exists():
            try:
                fetch(program, path)
            except (subprocess.CalledProcessError, KeyError) as error:
                (HERE / f"no-{program}").write_text(str(getattr(error, "stderr", error)))
    return path if path.exists() else None


def fetch(program, path):
    package = HERE / f"package-{program}"
    package.mkdir(exist_ok=True)
    (package / "build.yml").write_text(BUILD_YML.format(program=program, package=PACKAGES[program]))
    run = lambda *words: subprocess.run([CORACLE, "--cache", HERE / "cache", "-q", *words], check=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    run("pkg", "build", package)
    name = next(name for name in names_in_cache() if f"test-{program}:" in name)
    archive = HERE / f"{program}.tar"
    run("cache", "export", "--format", "filesystem", "--outfile", archive, name)
    with tarfile.open(archive) as files:
        content = files.extractfile(f"usr/bin/{program}").read()
    archive.unlink()
    temporary = HERE / f"{program}.new"
    temporary.write_bytes(content)
    temporary.chmod(0o755)
    os.rename(temporary, path)


def names_in_cache():
    done = subprocess.run([CORACLE, "--cache", HERE / "cache", "cache", "ls"], check=True, capture_output=True, text=True)
    return [line.split()[0] for line in done.stdout.splitlines()]
