# SPDX-License-Identifier: Apache-2.0
"""Builds examples/redis-os.yml with its packages, for all tests that need them."""

import subprocess

from end_to_end import CACHE, CORACLE, EXAMPLE, SHARED


def main():
    SHARED.mkdir(parents=True, exist_ok=True)
    subprocess.run([CORACLE, "--cache", CACHE, "build", "--dir", SHARED, EXAMPLE], check=True)


if __name__ == "__main__":
    main()
