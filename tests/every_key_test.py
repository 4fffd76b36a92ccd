# SPDX-License-Identifier: Apache-2.0
"""A YAML file with every key there is, and what becomes of each: nothing is dropped without a word."""

import io
import json
import tarfile

from end_to_end import EndToEnd, main
from oci_image import Archive, directory, layer, member

ENTRY = """
  - name: all
    image: test/app:1
    capabilities: [CAP_CHOWN, CAP_NET_ADMIN]
    capabilities.add: [CAP_SYS_TIME, CAP_CHOWN]
    ambient: [CAP_NET_ADMIN]
    mounts:
      - {type: tmpfs, destination: /scratch, source: tmpfs, options: [size=1m],
         uidmappings: [{containerID: 0, hostID: 7, size: 1}], gidmappings: [{containerID: 1, hostID: 8, size: 2}]}
      - {type: bind, source: data, destination: /mounted, options: [ro, bind]}
    binds: ["/run:/run", "data:/data:ro", "/etc/x:/x:rw,rshared"]
    binds.add: ["/tmp:/tmp", "/run:/run"]
    devices:
      - {path: /dev/thing, type: c, major: 10, minor: 200, mode: "0640"}
      - {path: all, type: b}
    tmpfs: ["/tmpfs:size=2m"]
    command: [/run, now]
    env: [A=1]
    cwd: /work
    net: new
    pid: host
    ipc: /run/ipc
    uts: new
    userns: new
    hostname: oak
    readonly: true
    maskedPaths: [/proc/kcore]
    readonlyPaths: [/proc/sys]
    uid: 12
    gid: all
    additionalGids: [5, all, 0]
    noNewPrivileges: true
    oomScoreAdj: -500
    rootfsPropagation: rshared
    cgroupsPath: /podruntime/all
    resources:
      devices: [{allow: false, type: a, major: 1, minor: 2, access: rwm}]
      memory: {limit: 1, reservation: 2, swap: 3, kernel: 4, kernelTCP: 5, swappiness: 6, disableOOMKiller: true}
      cpu: {shares: 1, quota: 2, period: 3, realtimeRuntime: 4, realtimePeriod: 5, cpus: "0-1", mems: "0"}
      pids: {limit: 9}
      blockio:
        weight: 10
        leafWeight: 11
        weightDevice: [{major: 8, minor: 0, weight: 12, leafWeight: 13}]
        throttleReadBpsDevice: [{major: 8, minor: 1, rate: 14}]
        throttleWriteBpsDevice: [{major: 8, minor: 2, rate: 15}]
        throttleReadIOPSDevice: [{major: 8, minor: 3, rate: 16}]
        throttleWriteIOPSDevice: [{major: 8, minor: 4, rate: 17}]
      hugepageLimits: [{pageSize: 2MB, limit: 18}]
      network: {classID: 19, priorities: [{name: eth0, priority: 20}]}
    sysctl: {net.ipv4.ip_forward: "1"}
    rlimits: ["nofile,100,200", "RLIMIT_CORE,0,unlimited"]
    uidMappings: [{containerID: 0, hostID: 100000, size: 65536}]
    gidMappings: [{containerID: 1, hostID: 200000, size: 1000}]
    annotations: {purpose: test}
    runtime:
      cgroups: [one, two]
      mounts: [{type: bind, source: /var/made, destination: /elsewhere, options: [bind]}]
      mkdir: [/var/made]
      interfaces: [{name: veth0, add: veth, peer: veth1, createInRoot: true}]
      bindNS: {cgroup: /run/c, ipc: /run/i, mnt: /run/m, net: /run/n, pid: /run/p, user: /run/u, uts: /run/t}
      namespace: mine
    seccomp: profile.json
"""

SYSTEM = ("""
kernel: {image: test/kernel:1, cmdline: quiet, binary: bzImage, tar: modules.tar, ucode: ucode.cpio}
init: [test/init:1]
onboot:""" + ENTRY + """    timeout: 90s
    optional: true
onshutdown:
  - {name: bye, image: test/app:1}
services:
  - {name: other, image: test/app:1, restart: on-failure, after: [base]}
  - {name: base, image: test/app:1, command: [/base]}
volumes:
  - {name: data}
  - {name: filled, image: test/app:1, readonly: true, format: filesystem}
  - {name: layout, image: test/app:1, format: oci, platforms: [linux/amd64]}
files:
  - {path: a/b, contents: text, mode: "0751", uid: 3, gid: other}
  - {path: from, source: host-file}
  - {path: none, source: no-such-file, optional: true}
  - {path: dir, directory: true, mode: "1777"}
  - {path: link, symlink: a/b}
  - {path: as.yml, metadata: yaml}
  - {path: as.json, metadata: json}
trust: {image: [a], org: [b]}
""")

CONFIG = {
    "process": {
        "terminal": False,
        "user": {"uid": 12, "gid": 100, "additionalGids": [5, 100, 0]},
        "args": ["/run", "now"],
        "env": ["A=1"],
        "cwd": "/work",
        "capabilities": {
            "bounding": ["CAP_CHOWN", "CAP_NET_ADMIN"],
            "effective": ["CAP_CHOWN", "CAP_NET_ADMIN"],
            "inheritable": ["CAP_CHOWN", "CAP_NET_ADMIN"],
            "permitted": ["CAP_CHOWN", "CAP_NET_ADMIN"],
            "ambient": ["CAP_NET_ADMIN"],
        },
        "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 200, "soft": 100},
                    {"type": "RLIMIT_CORE", "hard": 18446744073709551615, "soft": 0}],
        "noNewPrivileges": True,
        "oomScoreAdj": -500,
    },
    "root": {"path": "rootfs", "readonly": True},
    "hostname": "oak",
    "annotations": {"purpose": "test"},
    "linux": {
        "uidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
        "gidMappings": [{"containerID": 1, "hostID": 200000, "size": 1000}],
        "sysctl": {"net.ipv4.ip_forward": "1"},
        "resources": {
            "devices": [{"allow": False, "type": "a", "major": 1, "minor": 2, "access": "rwm"},
                        {"allow": True, "type": "c", "major": 10, "minor": 200, "access": "rwm"},
                        {"allow": True, "type": "b", "access": "rwm"}],
            "memory": {"limit": 1, "reservation": 2, "swap": 3, "kernel": 4, "kernelTCP": 5, "swappiness": 6,
                       "disableOOMKiller": True},
            "cpu": {"shares": 1, "quota": 2, "period": 3, "realtimeRuntime": 4, "realtimePeriod": 5, "cpus": "0-1", "mems": "0"},
            "pids": {"limit": 9},
            "blockIO": {
                "weight": 10, "leafWeight": 11,
                "weightDevice": [{"major": 8, "minor": 0, "weight": 12, "leafWeight": 13}],
                "throttleReadBpsDevice": [{"major": 8, "minor": 1, "rate": 14}],
                "throttleWriteBpsDevice": [{"major": 8, "minor": 2, "rate": 15}],
                "throttleReadIOPSDevice": [{"major": 8, "minor": 3, "rate": 16}],
                "throttleWriteIOPSDevice": [{"major": 8, "minor": 4, "rate": 17}],
            },
            "hugepageLimits": [{"pageSize": "2MB", "limit": 18}],
            "network": {"classID": 19, "priorities": [{"name": "eth0", "priority": 20}]},
        },
        "cgroupsPath": "/podruntime/all",
        "devices": [{"path": "/dev/thing", "type": "c", "major": 10, "minor": 200, "fileMode": 0o640}],
        "namespaces": [{"type": "network"}, {"type": "ipc", "path": "/run/ipc"}, {"type": "uts"}, {"type": "user"},
                       {"type": "mount"}],
        "seccomp": {"defaultAction": "SCMP_ACT_ALLOW"},
        "rootfsPropagation": "rshared",
        "maskedPaths": ["/proc/kcore"],
        "readonlyPaths": ["/proc/sys"],
    },
}

MOUNTS = {
    "/proc": {"type": "proc", "source": "proc", "options": ["nosuid", "nodev", "noexec", "relatime"]},
    "/dev": {"type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "strictatime", "mode=755", "size=65536k", "ro"]},
    "/dev/pts": {"type": "devpts", "source": "devpts",
                 "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]},
    "/sys": {"type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
    "/sys/fs/cgroup": {"type": "cgroup", "source": "cgroup", "options": ["nosuid", "noexec", "nodev", "relatime", "ro"]},
    "/tmpfs": {"type": "tmpfs", "source": "tmpfs", "options": ["size=2m"]},
    "/run": {"type": "bind", "source": "/run", "options": ["rw", "rbind", "rshared"]},
    "/data": {"type": "bind", "source": "/containers/volumes/data/merged", "options": ["ro", "rbind"]},
    "/x": {"type": "bind", "source": "/etc/x", "options": ["rw", "rshared", "rbind"]},
    "/scratch": {"type": "tmpfs", "source": "tmpfs", "options": ["size=1m"],
                 "uidMappings": [{"containerID": 0, "hostID": 7, "size": 1}],
                 "gidMappings": [{"containerID": 1, "hostID": 8, "size": 2}]},
    "/mounted": {"type": "bind", "source": "/containers/volumes/data/merged", "options": ["ro", "bind"]},
}

RUNTIME = {
    "cgroups": ["one", "two"],
    "mounts": [{"destination": "/elsewhere", "type": "bind", "source": "/var/made", "options": ["bind"]}],
    "mkdir": ["/var/made"],
    "interfaces": [{"name": "veth0", "add": "veth", "peer": "veth1", "createInRoot": True}],
    "bindNS": {"cgroup": "/run/c", "ipc": "/run/i", "mnt": "/run/m", "net": "/run/n", "pid": "/run/p", "user": "/run/u",
               "uts": "/run/t"},
    "namespace": "mine",
    "timeout": 90,
    "optional": True,
}


def keys_in(value):
    """Every key of a document, wherever it stands."""
    if isinstance(value, list):
        return set().union(*map(keys_in, value)) if value else set()
    return set(value).union(*map(keys_in, value.values())) if isinstance(value, dict) else set()


class EveryKey(EndToEnd):
    def setUp(self):
        super().setUp()
        self.cache = self.here / "cache"
        archive = Archive()
        archive.add("docker.io/test/app:1", layer(member("app", b"A")), Entrypoint=["/entry"], Cmd=["arg"], Env=["B=2"],
                    WorkingDir="/image")
        archive.add("docker.io/test/init:1", layer(member("init", b"I")))
        archive.add("docker.io/test/kernel:1", layer(member("bzImage", b"K"), member("ucode.cpio", b"U"), member("dropped"),
                                                     member("modules.tar", layer(directory("lib"), member("lib/module")))))
        self.succeeds("cache", "import", archive.write(self.here / "images.tar"), cache=self.cache)
        self.write("profile.json", '{"defaultAction": "SCMP_ACT_ALLOW"}')
        self.write("host-file", "of the host")
        self.write("os.yml", SYSTEM)
        self.done = self.succeeds("build", "--no-sbom", "--format", "tar", "-o", "-", "os.yml", cache=self.cache)
        with tarfile.open(fileobj=io.BytesIO(self.done.stdout)) as archive:
            self.built = {one.name: (one, archive.extractfile(one).read() if one.isreg() else b"") for one in archive}

    def document(self, path):
        return json.loads(self.built[path][1])

    def test_the_file_has_every_key(self):
        schema = json.loads(self.succeeds("schema").stdout)
        known = set(schema["properties"]).union(*(one.get("properties", {}) for one in schema["$defs"].values()))
        said = json.loads(self.built["as.json"][1])
        self.assertEqual(known - keys_in(said), set())

    def test_the_containers_configuration(self):
        config = self.document("containers/onboot/000-all/config.json")
        mounts = config.pop("mounts")
        self.assertEqual([mount["destination"] for mount in mounts], sorted(MOUNTS))
        self.assertEqual({mount.pop("destination"): mount for mount in mounts}, MOUNTS)
        config.pop("ociVersion")
        for key, value in CONFIG.items():
            self.assertEqual(config.pop(key), value, key)
        self.assertEqual(config, {})

    def test_what_the_guest_does_around_it(self):
        runtime = self.document("containers/onboot/000-all/runtime.json")
        rootfs = "/containers/onboot/000-all/rootfs"
        self.assertEqual(runtime["mounts"].pop(0), {"destination": rootfs, "source": rootfs, "options": ["bind"]})
        for key, value in RUNTIME.items():
            self.assertEqual(runtime.pop(key), value, key)
        self.assertEqual(runtime, {})
        self.assertEqual(self.document("containers/services/other/runtime.json")["restart"], "on-failure")
        self.assertEqual(self.document("containers/services/other/runtime.json")["after"], ["base"])

    def test_what_the_image_says_where_the_file_does_not(self):
        process = self.document("containers/services/other/config.json")["process"]
        self.assertEqual((process["args"], process["env"], process["cwd"]), (["/entry", "arg"], ["B=2"], "/image"))
        self.assertEqual(self.document("containers/services/base/config.json")["process"]["args"], ["/base"])

    def test_kernel_volumes_and_files(self):
        def entry(name):
            one, content = self.built[name]
            return one.mode, one.uid, one.gid, content
        self.assertEqual([self.built[f"boot/{name}"][1] for name in ("kernel", "cmdline", "ucode.cpio")], [b"K", b"quiet", b"U"])
        self.assertIn("lib/module", self.built)
        self.assertFalse([name for name in self.built if "dropped" in name])
        for name in ("data/tmp", "data/merged", "filled/lower/app", "layout/lower/index.json"):
            self.assertIn(f"containers/volumes/{name}", self.built)
        self.assertEqual(entry("a/b"), (0o751, 3, 102, b"text"))
        self.assertEqual(entry("a"), (0o751, 3, 102, b""))
        self.assertEqual(entry("from"), (0o600, 0, 0, b"of the host"))
        self.assertEqual(entry("dir")[0], 0o1777)
        self.assertNotIn("none", self.built)
        self.assertEqual(self.built["link"][0].linkname, "a/b")

    def test_metadata_is_the_file_again(self):
        again = self.write("again.yml", self.built["as.yml"][1].decode())
        first = json.loads(self.built["as.json"][1])
        self.assertEqual(self.succeeds("build", "--dry-run", again, cache=self.cache).stdout, self.built["as.yml"][1])
        self.assertEqual(first["onboot"][0]["resources"]["memory"]["disableOOMKiller"], True)

    def test_what_has_no_effect_is_said(self):
        lines = SYSTEM.splitlines()
        warnings = [line for line in self.done.stderr.splitlines() if "warning: " in line]
        self.assertEqual(len(warnings), 3, self.done.stderr)
        for warning, key in zip(warnings, ("capabilities", "binds")):
            line = next(number for number, text in enumerate(lines, 1) if f"{key}.add:" in text)
            self.assertRegex(warning, rf"^os.yml:{line}:\d+: warning: '{key}.add' has no effect beside '{key}' in onboot\[0\] 'all'$")
        self.assertEqual(warnings[2], "warning: 'trust' has no effect without --verify")

    def test_linuxkits_own_keys_alone_are_strict(self):
        for line, place in (("restart: never", "services"), ("after: [b]", "services"), ("timeout: 5s", "onboot"),
                            ("optional: true", "onboot"), ("seccomp: default", "services"), ("userns: auto", "onshutdown")):
            self.write("one.yml", f"{place}:\n  - name: a\n    image: test/app:1\n    {line}\n")
            key = line if line.startswith("userns") else line.split(":")[0]
            said = self.fails("build", "--format", "tar", "--strict-linuxkit", "one.yml", cache=self.cache)
            self.assertIn(f"one.yml:4:{'13' if line.startswith('userns') else '5'}: error: LinuxKit has no ", said)
            self.assertIn(f"'{key}'", said)


if __name__ == "__main__":
    main()
