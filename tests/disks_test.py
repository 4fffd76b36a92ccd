# SPDX-License-Identifier: Apache-2.0
"""Disks and EFI programs, looked at with the tools that others would use."""

import json
import os
import pathlib
import re
import subprocess

from end_to_end import EXAMPLE, EndToEnd, main

MIB = 1 << 20


def output_of(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout


class Disks(EndToEnd):
    def build(self, *words, name="os"):
        return self.succeeds("build", "--name", name, *words, EXAMPLE).stderr

    def partition(self, disk, number):
        """A partition of a disk as a file of its own."""
        table = json.loads(output_of("sfdisk", "-J", disk))["partitiontable"]["partitions"][number]
        path = self.here / f"{disk.name}.{number}"
        with disk.open("rb") as source:
            source.seek(table["start"] * 512)
            path.write_bytes(source.read(table["size"] * 512))
        return path

    def test_containers_hold_the_disk_that_is_in_them(self):
        self.build(*"--format raw-bios --format raw-efi --format qcow2-bios --format qcow2-efi --format vhd".split(),
                   *"--format vmdk --format vdi --format vhdx --format aws --format gcp".split())
        here = self.here
        for name, kind, raw in (("os.qcow2", "qcow2", "os-bios.img"), ("os-efi.qcow2", "qcow2", "os-efi.img"),
                                ("os.vhd", "vpc", "os-bios.img"), ("os.vmdk", "vmdk", "os-bios.img"),
                                ("os.vdi", "vdi", "os-bios.img"), ("os.vhdx", "vhdx", "os-bios.img"),
                                ("os.raw", "raw", "os-bios.img")):
            with self.subTest(name):
                self.assertIn("identical", output_of("qemu-img", "compare", "-f", kind, "-F", "raw", here / name, here / raw))
        self.assertEqual((here / "os.vhd").stat().st_size % MIB, 512)
        output_of("tar", "-C", here, "-xSf", here / "os.img.tar.gz")
        self.assertEqual((here / "disk.raw").stat().st_size, 1 << 30)
        with (here / "disk.raw").open("rb") as disk, (here / "os-bios.img").open("rb") as bios:
            self.assertEqual(disk.read(64 * MIB)[:32 * MIB].rstrip(b"\0"), bios.read()[:32 * MIB].rstrip(b"\0"))
        self.assertIn("No problems found", output_of("sgdisk", "-v", here / "os-efi.img"))
        for disk in ("os-bios.img", "os-efi.img"):
            output_of("fsck.fat", "-n", self.partition(here / disk, 0))

    def test_a_disk_holds_what_kernel_and_initrd_are(self):
        self.build("--format", "raw-bios", "--format", "kernel+initrd", "--format", "uki")
        boot = self.partition(self.here / "os-bios.img", 0)
        for name, original in (("kernel", "os-kernel"), ("initrd.img", "os-initrd.img")):
            content = subprocess.run(["mtype", "-i", boot, f"::/{name}"], check=True, capture_output=True).stdout
            self.assertEqual(content, (self.here / original).read_bytes())
        cmdline = (self.here / "os-cmdline").read_text()
        self.assertIn(f"APPEND {cmdline}\n", output_of("mtype", "-i", boot, "::/syslinux.cfg"))
        for section, original in ((".linux", "os-kernel"), (".initrd", "os-initrd.img"), (".cmdline", "os-cmdline")):
            output_of("objcopy", "-O", "binary", f"--only-section={section}", self.here / "os.efi", self.here / "section")
            wanted = (self.here / original).read_bytes()
            self.assertEqual((self.here / "section").read_bytes()[:len(wanted)], wanted)
        sections = [line.split()[1] for line in output_of("objdump", "-h", self.here / "os.efi").splitlines()
                    if line.split()[:1] and line.split()[0].isdigit()]
        self.assertEqual(sections[-6:], [".osrel", ".cmdline", ".uname", ".sbom", ".initrd", ".linux"])

    def test_disks_grow_to_what_they_hold_and_say_so(self):
        self.assertIn("warning: the disk has", self.build("--format", "raw-bios", "--size", "5M"))
        self.assertGreater((self.here / "os-bios.img").stat().st_size, 5 * MIB)
        self.assertNotIn("warning", self.build("--format", "raw-bios", "--format", "raw-efi", "--size", "5G"))
        for name in ("os-bios.img", "os-efi.img"):
            self.assertEqual((self.here / name).stat().st_size, 5 << 30)
            self.assertLess((self.here / name).stat().st_blocks * 512, 200 * MIB)
        self.assertIn("No problems found", output_of("sgdisk", "-v", self.here / "os-efi.img"))

    def test_large_disks_are_started_by_a_bios_too(self):
        """From 34 MiB on the file system is one of 32 bits, in which syslinux finds its files otherwise."""
        with open(self.here / "noise", "wb") as noise:
            noise.write(os.urandom(40 * MIB))
        self.write("os.yml", EXAMPLE.read_text() + "files:\n  - {path: noise, source: noise}\n")
        self.succeeds("build", "--format", "raw-bios", "os.yml")
        boot = self.partition(self.here / "os-bios.img", 0)
        output_of("fsck.fat", "-n", boot)
        self.assertIn("ldlinux  sys", output_of("mdir", "-i", boot, "::"))
        self.assertEqual(boot.read_bytes()[82:90], b"FAT32   ")

    def test_programs_are_signed_for_secure_boot(self):
        output_of("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-days", "1",
                  "-keyout", self.here / "key.pem", "-out", self.here / "cert.pem")
        words = ("--format", "uki", "--secure-boot-key", "key.pem", "--secure-boot-cert", "cert.pem")
        self.build(*words)
        self.build(*words, name="again")
        program = self.here / "os.efi"
        self.assertIn("verification OK", output_of("sbverify", "--cert", self.here / "cert.pem", program))
        self.assertEqual(program.read_bytes(), (self.here / "again.efi").read_bytes())
        said = self.fails("build", "--format", "uki", "--secure-boot-key", "key.pem", EXAMPLE, status=2)
        self.assertIn("--secure-boot-key and --secure-boot-cert go together", said)
        words = ("--format", "raw-bios,kernel+initrd", "--secure-boot-key", "key.pem", "--secure-boot-cert", "cert.pem")
        self.assertEqual(self.fails("build", *words, EXAMPLE, status=2),
                         "error: --secure-boot-key signs EFI programs, and no format of this build has one\n"
                         "try: --format raw-efi\n")

    def test_what_only_verified_roots_have_is_not_asked_of_others(self):
        for option, *value in (("--ab",), ("--var-size", "64M")):
            self.assertEqual(self.fails("build", "--format", "raw-efi", option, *value, EXAMPLE, status=2),
                             f"error: {option} is for disks with a verified root\ntry: --format raw-efi-verity\n")

    def test_verified_roots_have_the_hashes_that_the_command_line_names(self):
        self.build("--format", "raw-efi-verity", "--format", "qcow2-efi-verity", "--ab", "--var-size", "64M")
        disk = self.here / "os-efi-verity.img"
        self.assertIn("No problems found", output_of("sgdisk", "-v", disk))
        table = json.loads(output_of("sfdisk", "-J", disk))["partitiontable"]["partitions"]
        self.assertEqual([one["name"] for one in table],
                         ["esp", "root_1", "root_1_verity", "_empty", "_empty", "var"])
        esp = self.partition(disk, 0)
        program = [name for name in output_of("mdir", "-b", "-i", esp, "::/EFI/Linux").split() if name.endswith(".efi")][0]
        output_of("mcopy", "-n", "-i", esp, program, self.here / "uki.efi")
        output_of("objcopy", "-O", "binary", "--only-section=.cmdline", self.here / "uki.efi", self.here / "cmdline")
        words = dict(word.split("=", 1) for word in (self.here / "cmdline").read_text().strip("\0").split() if "=" in word)
        root = words["roothash"]
        self.assertEqual((table[1]["uuid"] + table[2]["uuid"]).replace("-", "").lower(), root)
        self.assertEqual((words["coracle.trial"], words["panic"]), ("300", "10"))
        data, hashes = self.partition(disk, 1), self.partition(disk, 2)
        output_of("veritysetup", "verify", data, hashes, root)
        output_of("e2fsck", "-fn", self.partition(disk, 5))
        output_of("qemu-img", "compare", self.here / "os-efi-verity.qcow2", disk)

    def test_the_command_line_decides_over_the_trial(self):
        for words, wanted in (("quiet", ["quiet", "coracle.trial=300", "panic=30"]),
                              ("panic=5 coracle.trial=60", ["panic=5", "coracle.trial=60"])):
            text = EXAMPLE.read_text()
            self.write("os.yml", re.sub("cmdline: .*", f"cmdline: {words}", text))
            self.succeeds("build", *"--format verity-update --ab --image-version 2 os.yml".split())
            output_of("objcopy", "-O", "binary", "--only-section=.cmdline", self.here / "os_2+3.efi", self.here / "cmdline")
            found = (self.here / "cmdline").read_text().strip("\0").split()
            self.assertEqual([word for word in found if not word.startswith("root")], wanted)

    def test_an_update_is_the_files_of_a_slot(self):
        words = "--format verity-update --format raw-efi-verity --ab --var-size 16M".split()
        self.build(*words, "--image-version", "2~rc.1")
        root, hashes, program = [next(self.here.glob(f"os_2~rc.1{rest}")) for rest in ("_*.root", "_*.verity", "+3.efi")]
        table = json.loads(output_of("sfdisk", "-J", self.here / "os-efi-verity.img"))["partitiontable"]["partitions"]
        ids = [path.stem.split("_")[-1] for path in (root, hashes)]
        self.assertEqual([(one["name"], one["uuid"].lower()) for one in table[1:3]],
                         [("root_2~rc.1", ids[0]), ("root_2~rc.1_verity", ids[1])])
        output_of("veritysetup", "verify", root, hashes, "".join(ids).replace("-", ""))
        esp = self.partition(self.here / "os-efi-verity.img", 0)
        output_of("mcopy", "-i", esp, "::/EFI/Linux/system_2~rc.1.efi", self.here / "first.efi")
        self.assertEqual(program.read_bytes(), (self.here / "first.efi").read_bytes())
        output_of("objcopy", "-O", "binary", "--only-section=.osrel", program, self.here / "osrel")
        self.assertIn("ID=coracle\n", (self.here / "osrel").read_text())
        self.assertTrue((self.here / "osrel").read_text().rstrip("\0").endswith("\nIMAGE_VERSION=2~rc.1\n"))

    def test_updates_and_their_versions_say_what_they_need(self):
        update = ("build", "--format", "verity-update", EXAMPLE)
        for words in ((), ("--ab",)):
            said = self.fails(*update, *words)
            self.assertIn("an update is for a disk with two slots, and has a version of its own", said)
            self.assertIn("--ab --image-version 2", said)
        self.assertIn("'2_1' is no version", self.fails(*update, "--ab", "--image-version", "2_1", status=2))
        self.assertIn("--image-version is for systems with --ab", self.fails(*update, "--image-version", "2", status=2))
        self.assertIn("--var-grow needs a size to begin with", self.fails(*update, "--var-grow", status=2))
        self.assertEqual(self.names_here(), [])

    def test_a_container_disk_can_be_imported(self):
        self.build("--format", "containerdisk")
        cache = self.here / "cache"
        self.succeeds("cache", "import", "os-containerdisk.tar", cache=cache)
        said = output_of("skopeo", "inspect", "--config", f"oci-archive:{self.here / 'os-containerdisk.tar'}")
        self.assertEqual(json.loads(said)["architecture"], "amd64")
        output_of("skopeo", "copy", f"oci-archive:{self.here / 'os-containerdisk.tar'}", f"dir:{self.here / 'copied'}")
        layer = json.loads((self.here / "copied" / "manifest.json").read_text())["layers"][0]["digest"].split(":")[1]
        names = output_of("tar", "--numeric-owner", "-tvf", self.here / "copied" / layer)
        self.assertIn("107/107", names)
        self.assertIn(" disk/disk.qcow2", names)

    def test_what_is_not_for_an_architecture_says_so(self):
        self.write("os.yml", EXAMPLE.read_text())
        said = self.fails("build", "--format", "rpi3", "os.yml")
        self.assertIn("the format rpi3 is for arm64, not for linux/amd64", said)
        self.assertEqual(list(pathlib.Path(self.here).glob("os.tar")), [])


if __name__ == "__main__":
    main()
