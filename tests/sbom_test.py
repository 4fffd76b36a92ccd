# SPDX-License-Identifier: Apache-2.0
"""The bill of materials in a system: joined from what images attach, else from their package databases."""

import io
import json
import re
import tarfile

from end_to_end import EndToEnd, main
from oci_image import Archive, directory, layer, member

DPKG = b"""Package: libfoo
Status: install ok installed
Architecture: amd64
Version: 1:2.3-4+b1
Source: foo (1:2.3-4)

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

"""
APK = b"P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\no:musl\n\n"
ATTACHED = {
    "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "attached",
    "documentNamespace": "https://example.com/x", "creationInfo": {"created": "2024-01-01T00:00:00Z", "creators": ["Tool: x"]},
    "packages": [{"name": "tool", "SPDXID": "SPDXRef-Package-tool", "downloadLocation": "NOASSERTION",
                  "packageFileName": "usr/bin/tool"}],
    "files": [{"fileName": "usr/bin/tool", "SPDXID": "SPDXRef-File-tool", "checksums": []}],
    "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                       "relatedSpdxElement": "SPDXRef-Package-tool"},
                      {"spdxElementId": "SPDXRef-Package-tool", "relationshipType": "CONTAINS",
                       "relatedSpdxElement": "SPDXRef-File-tool"}],
}
YAML = """
init: [test/attached:1, test/alpine:1]
services:
  - {name: debian, image: test/debian:1}
  - {name: attached, image: test/other:1, readonly: true}
"""


class Sbom(EndToEnd):
    def setUp(self):
        super().setUp()
        self.cache = self.here / "cache"
        archive = Archive()
        archive.add("docker.io/test/attached:1", layer(member("a")), attestation=ATTACHED)
        archive.add("docker.io/test/other:1", layer(member("b")), attestation=ATTACHED, Cmd=["/b"])
        archive.add("docker.io/test/debian:1", layer(directory("var"), directory("var/lib"), directory("var/lib/dpkg"),
                                                     member("var/lib/dpkg/status", DPKG)), Cmd=["/d"])
        archive.add("docker.io/test/alpine:1", layer(member("lib/apk/db/installed", APK)))
        self.succeeds("cache", "import", archive.write(self.here / "images.tar"), cache=self.cache)
        self.write("os.yml", YAML)

    def build(self, *words):
        done = self.succeeds("build", "--format", "tar", "-o", "-", *words, "os.yml", cache=self.cache)
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            return {one.name: archive.extractfile(one).read() for one in archive if one.isreg()}

    def test_spdx_is_one_document_with_the_places_of_its_files(self):
        document = json.loads(self.build()["sbom.spdx.json"])
        self.assertEqual((document["spdxVersion"], document["dataLicense"], document["SPDXID"]),
                         ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
        self.assertRegex(document["documentNamespace"], r"^https://[^#\s]+$")
        self.assertEqual(document["creationInfo"]["created"], "2017-04-18T16:30:00Z")
        self.assertTrue(document["creationInfo"]["creators"])
        self.assertEqual([one["fileName"] for one in document["files"]],
                         ["usr/bin/tool", "containers/services/attached/rootfs/usr/bin/tool"])
        self.assertEqual([one["packageFileName"] for one in document["packages"] if "packageFileName" in one],
                         ["usr/bin/tool", "containers/services/attached/rootfs/usr/bin/tool"])
        ids = [one["SPDXID"] for section in ("packages", "files") for one in document[section]] + ["SPDXRef-DOCUMENT"]
        self.assertEqual(len(ids), len(set(ids)))
        for one in ids:
            self.assertRegex(one, r"^SPDXRef-[a-zA-Z0-9.-]+$")
        for package in document["packages"]:
            self.assertTrue(package["name"])
            self.assertTrue(package["downloadLocation"])
        for link in document["relationships"]:
            self.assertIn(link["spdxElementId"], ids)
            self.assertIn(link["relatedSpdxElement"], ids)
        described = [link for link in document["relationships"] if link["relationshipType"] == "DESCRIBES"]
        self.assertEqual(len(described), 4)

    def test_package_databases_of_debian_and_alpine(self):
        packages = {one["name"]: one for one in json.loads(self.build()["sbom.spdx.json"])["packages"]}
        self.assertNotIn("gone", packages)
        self.assertEqual(packages["libfoo"]["versionInfo"], "1:2.3-4+b1")
        self.assertRegex(packages["libfoo"]["externalRefs"][0]["referenceLocator"],
                         r"^pkg:deb/(debian/)?libfoo@1(:|%3A)2\.3-4(\+|%2B)b1\?arch=amd64")
        self.assertEqual((packages["musl"]["versionInfo"], packages["musl"]["licenseDeclared"]), ("1.2.5-r0", "MIT"))
        self.assertRegex(packages["musl"]["externalRefs"][0]["referenceLocator"], r"^pkg:apk/(alpine/)?musl@1\.2\.5-r0\?arch=x86_64")

    def test_it_is_the_same_each_time_but_not_for_other_images(self):
        first = self.build()["sbom.spdx.json"]
        self.assertEqual(self.build()["sbom.spdx.json"], first)
        self.write("os.yml", YAML.replace(", test/alpine:1", ""))
        self.assertNotEqual(json.loads(self.build()["sbom.spdx.json"])["documentNamespace"],
                            json.loads(first)["documentNamespace"])

    def test_cyclonedx_has_what_its_schema_requires(self):
        document = json.loads(self.build("--sbom-format", "cyclonedx", "--sbom-output", "bom.json")["bom.json"])
        self.assertEqual((document["bomFormat"], document["version"]), ("CycloneDX", 1))
        self.assertIn(document["specVersion"], ("1.4", "1.5", "1.6"))
        self.assertRegex(document["serialNumber"],
                         r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
        self.assertRegex(document["metadata"]["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertLessEqual({"tool", "libfoo", "musl"}, {one["name"] for one in document["components"]})
        references = [one["bom-ref"] for one in document["components"]]
        self.assertEqual(len(references), len(set(references)))
        for one in document["components"]:
            self.assertIn(one["type"], ("library", "container", "application", "operating-system"))
            self.assertTrue(re.match(r"^pkg:[a-z]+/", one.get("purl", "pkg:deb/")))

    def test_it_is_left_out_and_named_as_asked(self):
        self.assertNotIn("sbom.spdx.json", self.build("--no-sbom"))
        names = self.build("--sbom-output", "bill.json")
        self.assertIn("bill.json", names)
        self.assertNotIn("sbom.spdx.json", names)


if __name__ == "__main__":
    main()
