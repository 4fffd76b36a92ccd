# SPDX-License-Identifier: Apache-2.0
"""crane on the other side of a registry, which has to be compiled first."""

import shutil

import registry_test
from end_to_end import main
from registry_test import setUpModule, tearDownModule  # noqa: F401


class Crane(registry_test.RegistryTest):
    def crane(self, *words):
        return self.run_peer("crane", *words)

    def test_crane_finds_what_is_pushed_valid(self):
        name = self.name(registry_test.PLAIN, 1)
        self.push(name)
        self.assertIn("PASS", self.crane("validate", "--fast", "--remote", name))
        self.assertEqual(self.crane("digest", name).strip(), self.digest(self.cache))

    def test_crane_reads_ours_and_we_read_cranes(self):
        name = self.name(registry_test.PLAIN, 1)
        self.push(name)
        self.crane("pull", "--format", "oci", name, "layout")
        self.crane("push", "layout", name + "-pushed")
        shutil.rmtree(self.other, ignore_errors=True)
        self.succeeds("cache", "pull", name + "-pushed", cache=self.other)
        self.succeeds("cache", "verify", cache=self.other)
        self.crane("copy", name, name + "-copied")
        self.arrives(name + "-copied")


if __name__ == "__main__":
    main()
