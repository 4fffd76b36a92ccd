# SPDX-License-Identifier: Apache-2.0
"""Images made in a test, as archives that `cache import` reads."""

import hashlib
import io
import json
import tarfile


def member(name, content=b"", **fields):
    """A tar entry: a file with `content`, or what `type` says."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    info.mode = 0o755 if fields.get("type") == tarfile.DIRTYPE else 0o644
    info.mtime = 1000000000
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def directory(name, **fields):
    return member(name, type=tarfile.DIRTYPE, **fields)


def symlink(name, target):
    return member(name, type=tarfile.SYMTYPE, linkname=target)


def layer(*members):
    """A layer of (TarInfo, content)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


class Archive:
    """An OCI layout in a tar, with one or more images."""

    def __init__(self):
        self.blobs = {}
        self.images = []

    def put(self, content, media_type):
        if not isinstance(content, bytes):
            content = json.dumps(content).encode()
        digest = hashlib.sha256(content).hexdigest()
        self.blobs[digest] = content
        return {"mediaType": f"application/vnd.{media_type}", "digest": f"sha256:{digest}", "size": len(content)}

    def add(self, name, *layers, attestation=None, **config):
        """An image of layers (bytes); `config` is what the image says of its container."""
        manifest = self.put({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": self.put({
                "architecture": "amd64", "os": "linux", "config": config,
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(one).hexdigest()}" for one in layers]},
            }, "oci.image.config.v1+json"),
            "layers": [self.put(one, "oci.image.layer.v1.tar") for one in layers],
        }, "oci.image.manifest.v1+json")
        manifest["platform"] = {"architecture": "amd64", "os": "linux"}
        manifests = [manifest] + ([self.attest(manifest, attestation)] if attestation else [])
        index = self.put({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                          "manifests": manifests}, "oci.image.index.v1+json")
        index["annotations"] = {"org.opencontainers.image.ref.name": name}
        self.images.append(index)
        return self

    def attest(self, image, document):
        """An SPDX document attached as BuildKit does it."""
        statement = self.put({"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://spdx.dev/Document",
                              "subject": [], "predicate": document}, "in-toto+json")
        statement["mediaType"] = "application/vnd.in-toto+json"
        statement["annotations"] = {"in-toto.io/predicate-type": "https://spdx.dev/Document"}
        manifest = self.put({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": self.put({"architecture": "unknown", "os": "unknown", "config": {},
                                "rootfs": {"type": "layers", "diff_ids": []}}, "oci.image.config.v1+json"),
            "layers": [statement]}, "oci.image.manifest.v1+json")
        manifest["platform"] = {"architecture": "unknown", "os": "unknown"}
        manifest["annotations"] = {"vnd.docker.reference.type": "attestation-manifest",
                                   "vnd.docker.reference.digest": image["digest"]}
        return manifest

    def write(self, path):
        members = [member(f"blobs/sha256/{digest}", content) for digest, content in sorted(self.blobs.items())]
        members.append(member("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'))
        members.append(member("index.json", json.dumps({"schemaVersion": 2, "manifests": self.images}).encode()))
        path.write_bytes(layer(*members))
        return path
