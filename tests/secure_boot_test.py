# SPDX-License-Identifier: Apache-2.0
"""Boots a signed system with Secure Boot and a TPM; what is unsigned, changed or another's is refused."""

import os
import pathlib
import re
import signal
import subprocess
import time

from end_to_end import main
from machines import Machines

# Not quiet: the kernel tells about Secure Boot. panic=1: an emulated machine on a busy one may fail to prove
# its timer, and tries again. The command is TPM2_ReadClock; a TPM counts its starts in bytes 26 to 30 of the answer.
YAML = r"""
kernel:
  image: "@pkg:kernel"
  cmdline: console=ttyS0 panic=1 rootfstype=ramfs
init: ["@pkg:init", "@pkg:crun"]
onboot:
  - name: tpm
    image: "@pkg:busybox"
    binds: ["/dev:/dev"]
    devices: [{path: all, type: a}]
    command:
      - sh
      - -c
      - |
        exec 3<>/dev/tpm0
        printf "\\200\\1\\0\\0\\0\\12\\0\\0\\1\\201" >&3
        starts=$(dd bs=64 count=1 <&3 2>/dev/null | od -An -v -tx1 | tr -d " \\n" | cut -c53-60)
        echo tpm: version $(cat /sys/class/tpm/tpm0/tpm_version_major), starts $((0x$starts))
"""


class SecureBoot(Machines):
    def setUp(self):
        super().setUp()
        self.write("os.yml", YAML)

    def make_key(self, name):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-days", "1",
                        "-keyout", self.here / f"{name}.key", "-out", self.here / f"{name}.pem"],
                       check=True, capture_output=True)

    def is_refused(self, image, certificate="our.pem"):
        done = self.coracle("run", "--accel", "tcg", "--mem", "512", "--state", f"{image}.state", "--secure-boot", certificate,
                            image)
        console = done.stdout.decode(errors="replace")
        self.assertEqual(done.returncode, 1, console + done.stderr)
        self.assertRegex(console, "BdsDxe: failed to load .*: Access Denied")
        self.assertIn(f"error: Secure Boot refuses '{image}': it was changed after it was signed, or not signed by the key "
                      f"of '{certificate}'\n", done.stderr)

    def flip_a_bit(self, path, marker):
        content = bytearray(path.read_bytes())
        self.assertEqual(content.count(marker), 1)
        content[content.find(marker)] ^= 1
        path.write_bytes(content)

    def test_only_what_the_key_signed_is_started(self):
        self.make_key("our")
        self.make_key("their")
        self.succeeds("build", "--format", "raw-efi", "--format", "uki", "--secure-boot-key", "our.key",
                      "--secure-boot-cert", "our.pem", "os.yml")
        self.succeeds("build", "--name", "unsigned", "--format", "uki", "os.yml")
        said = self.boots("os-efi.img", "--secure-boot", "our.pem", "--tpm", until=r"tpm: version \d.*\n")
        self.assertIn("secureboot: Secure boot enabled", said)

        self.is_refused("unsigned.efi")
        self.is_refused("os-efi.img", certificate="their.pem")
        self.flip_a_bit(self.here / "os-efi.img", b"console=ttyS0 panic=1 rootfstype=ramfs")
        self.is_refused("os-efi.img")
        kernel = self.here / "kernel"
        subprocess.run(["objcopy", "-O", "binary", "--only-section=.linux", self.here / "os.efi", kernel], check=True)
        middle = kernel.stat().st_size // 2
        self.flip_a_bit(self.here / "os.efi", kernel.read_bytes()[middle:middle + 64])
        self.is_refused("os.efi")

    def test_a_tpm_keeps_what_is_stored_in_it(self):
        self.succeeds("build", "os.yml")
        starts = []
        for _ in range(2):
            said = self.boots("os", "--tpm", until=r"tpm: version \d.*\n")
            starts.append(int(re.search(r"tpm: version 2, starts (\d+)", said).group(1)))
        self.assertGreater(starts[1], starts[0])

    def test_a_detached_machine_takes_its_tpm_along(self):
        self.write("disk.img", "")
        state = self.here / "s"
        os.truncate(self.here / "disk.img", 1 << 20)
        self.succeeds("run", "--accel", "tcg", "--mem", "64", "--detached", "--tpm", "--state", state, "disk.img")
        machine, tpm = (int((state / name).read_text()) for name in ("qemu.pid", "swtpm.pid"))
        self.assertTrue(pathlib.Path(f"/proc/{tpm}").exists())
        os.kill(machine, signal.SIGTERM)
        end = time.monotonic() + 60
        while pathlib.Path(f"/proc/{tpm}").exists() and time.monotonic() < end:
            time.sleep(0.1)
        self.assertFalse(pathlib.Path(f"/proc/{tpm}").exists())


if __name__ == "__main__":
    main()
