# SPDX-License-Identifier: Apache-2.0
"""What `run` says and decides without booting anything."""

import re
import shlex
import subprocess

from end_to_end import SYSTEM, EndToEnd, main


class RunCommand(EndToEnd):
    def test_dry_run_prints_the_command_and_changes_nothing(self):
        done = self.succeeds("run", "--dry-run", "--state", "s", "--disk", "a b.qcow2,size=1G", "--mem", "512", SYSTEM)
        words = shlex.split(done.stdout.decode())
        self.assertEqual(words[words.index("-initrd") + 1], f"{SYSTEM}-initrd.img")
        self.assertTrue(any("file.filename=./a b.qcow2" in word for word in words))
        self.assertEqual(self.names_here(), [])

    def test_too_little_memory_is_said_before_booting(self):
        said = self.fails("run", "--state", "s", "--mem", "48", SYSTEM)
        self.assertRegex(said, r"^error: 48\.0 MiB is too little memory: '.*-initrd\.img' needs \d+\.\d MiB \(it has")
        self.assertRegex(said, r"\ntry: --mem \d+\n$")

    def test_nothing_to_boot_is_said(self):
        said = self.fails("run", "nothing")
        self.assertIn("error: nothing to boot: there is no nothing-kernel with", said)
        self.assertIn("try: coracle build nothing.yml", said)

    def test_the_network_address_is_kept(self):
        words = ["run", "--detached", "--dry-run", "--state", self.here / "s", "--mem", "512", SYSTEM]
        (self.here / "s").mkdir()
        self.write("s/mac-addr", "02:aa:bb:cc:dd:ee\n")
        self.assertIn("mac=02:aa:bb:cc:dd:ee", self.succeeds(*words).stdout.decode())

    def test_secure_boot_says_what_it_cannot_do(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-keyout",
                        self.here / "key.pem", "-out", self.here / "cert.pem"], check=True, capture_output=True)
        self.write("os.efi", "MZ")
        for words, said in (
            (("--secure-boot", "cert.pem", SYSTEM),
             f"error: --secure-boot is for what UEFI firmware starts, and '{SYSTEM}-kernel' is a kernel\n"
             "try: coracle build --format uki --secure-boot-key KEY.pem --secure-boot-cert CERT.pem\n"),
            (("--secure-boot", "cert.pem", "--fw", "x", "os.efi"), "error: --secure-boot and --fw exclude each other\n"),
            (("--secure-boot", "cert.pem", "--arch", "riscv64", "os.efi"),
             "error: there is no UEFI firmware with Secure Boot for riscv64\n")):
            self.assertEqual(self.fails("run", "--accel", "tcg", "--dry-run", "--mem", "512", *words, status=2), said)
        self.assertEqual(self.fails("run", "--secure-boot", "key.pem", "os.efi"),
                         "error: 'key.pem' is not a certificate in PEM\n")

    def test_dry_run_shows_secure_boot_and_the_tpm(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-keyout",
                        self.here / "key.pem", "-out", self.here / "cert.pem"], check=True, capture_output=True)
        self.write("os.efi", "MZ")
        done = self.succeeds("run", "--accel", "tcg", "--dry-run", "--secure-boot", "cert.pem", "--tpm", "os.efi")
        tpm, machine = done.stdout.decode().splitlines()
        self.assertRegex(tpm, r"/swtpm socket --tpm2 --tpmstate dir=./os-state/tpm --ctrl "
                              r"type=unixio,path=./os-state/tpm.sock --terminate &$")
        words = shlex.split(machine)
        self.assertTrue(any(re.search(r"file=./os-state/secure-boot-[0-9a-f]{16}\.fd$", word) for word in words), words)
        self.assertIn("socket,id=tpm,path=./os-state/tpm.sock", words)
        self.assertEqual(self.names_here(), ["cert.pem", "key.pem", "os.efi"])

    def test_what_is_for_another_architecture_is_not_started(self):
        header = bytearray(0x200)
        header[:2], header[0x3c:0x40] = b"MZ", (0x40).to_bytes(4, "little")
        header[0x40:0x48] = b"PE\0\0\x64\xaa\0\0"  # aarch64, no sections
        header[0x54:0x56], header[0x58:0x5a] = (240).to_bytes(2, "little"), (0x20b).to_bytes(2, "little")
        header[0x78:0x80] = (4096).to_bytes(4, "little") + (512).to_bytes(4, "little")  # alignment of sections
        for name in ("os.efi", "arm-kernel"):
            (self.here / name).write_bytes(header)
        self.write("arm-initrd.img", "x")
        for prefix, name in (("os.efi", "os.efi"), ("arm", "arm-kernel")):
            self.assertEqual(self.fails("run", "--arch", "x86_64", prefix, status=2),
                             f"error: '{name}' is for aarch64, not for x86_64\ntry: --arch aarch64\n")

    def test_the_variables_of_other_firmware_are_not_given_to_the_machine(self):
        (self.here / "s").mkdir()
        self.write("s/firmware-variables.fd", "of another")
        self.write("os.img", "x")
        self.assertIn("error: './s/firmware-variables.fd' is of another machine: its firmware is not that of x86_64\n"
                      "try: --arch as in the run before, or another --state DIRECTORY\n",
                      self.fails("run", "--accel", "tcg", "--arch", "x86_64", "--uefi", "--state", "s", "os.img"))
        self.assertEqual((self.here / "s/firmware-variables.fd").read_text(), "of another")

    def test_a_tpm_needs_a_short_name_and_one_without_a_comma(self):
        self.write("os.efi", "MZ")
        long = "x" * 120
        self.assertEqual(self.fails("run", "--tpm", "--accel", "tcg", "--state", long, "os.efi"),
                         f"error: './{long}/tpm.sock' is too long for the name of a socket\ntry: --state DIRECTORY\n")
        self.assertEqual(self.fails("run", "--tpm", "--accel", "tcg", "--state", "a,b", "os.efi"),
                         "error: --tpm: swtpm cannot keep its state in './a,b', which has a comma\ntry: --state DIRECTORY\n")
        self.assertEqual(self.fails("run", "--tpm", "--accel", "tcg", "os.efi", env={"PATH": "/nonexistent"}),
                         "error: --tpm takes the program swtpm, which is not installed\ntry: apt-get install swtpm\n")

    def test_an_image_may_be_a_stick(self):
        self.write("os.iso", "x")
        words = shlex.split(self.succeeds("run", "--dry-run", "--medium", "usb", "os.iso").stdout.decode())
        self.assertIn("usb-storage,bus=usb.0,removable=on,drive=drive0,bootindex=0", words)
        self.assertEqual(self.fails("run", "--dry-run", "--medium", "tape", "os.iso", status=2),
                         "error: --medium 'tape' is not known\ntry: disk, cdrom or usb\n")
        self.assertEqual(self.fails("run", "--dry-run", "--medium", "usb", "--mem", "512", SYSTEM, status=2),
                         "error: --medium is for an image that the machine boots from, and "
                         f"'{SYSTEM}-kernel' is a kernel\n")

    def test_firmware_of_riscv64_that_is_no_flash_is_started_as_a_kernel(self):
        self.write("os.iso", "x")
        self.write("u-boot", "x")
        run = ("run", "--dry-run", "--arch", "riscv64", "--fw", "u-boot")
        words = shlex.split(self.succeeds(*run, "os.iso").stdout.decode())
        self.assertEqual(words[words.index("-kernel") + 1], "./u-boot")
        self.assertIn("virtio-blk-pci,drive=drive0,bootindex=0", words)
        with open(self.here / "u-boot", "wb") as flash:
            flash.truncate(32 << 20)
        words = shlex.split(self.succeeds(*run, "os.iso").stdout.decode())
        self.assertIn("if=pflash,unit=0,format=raw,readonly=on,file=u-boot", words)
        self.write("u-boot", "x")
        self.assertEqual(self.fails(*run, "--mem", "512", SYSTEM, status=2),
                         "error: the firmware 'u-boot' cannot start a kernel that is given beside it\n")

    def test_other_backends_are_refused_by_name(self):
        self.assertEqual(self.fails("run", "aws", "x", status=2),
                         "error: the backend 'aws' is not supported\ntry: run qemu x\n")


if __name__ == "__main__":
    main()
