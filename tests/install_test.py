# SPDX-License-Identifier: Apache-2.0
"""The installed program stands on its own: links, packages, guest programs, manual, completion."""

import os
import subprocess

from end_to_end import BUILD, EndToEnd, main


class Install(EndToEnd):
    def setUp(self):
        super().setUp()
        subprocess.run(["cmake", "--install", BUILD, "--prefix", "/opt/coracle"], check=True, capture_output=True,
                       env={**os.environ, "DESTDIR": str(self.here)})
        self.prefix = self.here / "opt" / "coracle"

    def test_links_are_relative_and_run(self):
        for name in ("linuxkit", "moby"):
            link = self.prefix / "bin" / name
            self.assertEqual(os.readlink(link), "coracle")
            subprocess.run([link, "version"], check=True, capture_output=True)

    def test_packages_and_guest_programs_are_found(self):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CORACLE")}
        done = subprocess.run([self.prefix / "bin" / "linuxkit", "--cache", self.here / "cache", "pkg", "build", "init"],
                              cwd="/", check=True, capture_output=True, text=True, env=environment)
        self.assertRegex(done.stdout, r"^coracle/init:[\w-]+")

    def test_all_the_rest_is_there(self):
        for name in ("share/coracle/pkg/redis/build.yml", "share/coracle/examples/redis-os.yml", "libexec/coracle/guest/init",
                     "share/man/man1/coracle.1", "share/man/man1/coracle-run.1",
                     "share/bash-completion/completions/coracle", "share/zsh/vendor-completions/_coracle",
                     "share/fish/vendor_completions.d/coracle.fish"):
            self.assertTrue((self.prefix / name).is_file(), name)


if __name__ == "__main__":
    main()
