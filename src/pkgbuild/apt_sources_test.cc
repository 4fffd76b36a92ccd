// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/apt_sources.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace coracle {
namespace {

TEST(AptSources, ReadsOneLineForm) {
    auto sources =
        parse_apt_sources("# a comment\n"
                          "deb http://mirror.example.org/debian/ bookworm main contrib\n"
                          "deb-src http://mirror.example.org/debian bookworm main\n"
                          "deb [arch=amd64 signed-by=/k.gpg] http://x.example bookworm main # y\n"
                          "deb broken\n",
                          false);
    ASSERT_EQ(sources.size(), 2u);
    EXPECT_EQ(sources[0],
              (AptSource{"http://mirror.example.org/debian", "bookworm", {"main", "contrib"}, ""}));
    EXPECT_EQ(sources[1], (AptSource{"http://x.example", "bookworm", {"main"}, "/k.gpg"}));
}

TEST(AptSources, ReadsDeb822Form) {
    auto sources =
        parse_apt_sources("Types: deb deb-src\n"
                          "URIs: http://a.example/debian\n"
                          "# a comment inside\n"
                          "Suites: bookworm bookworm-updates\n"
                          "Components: main\n"
                          "Signed-By: /k.gpg\n"
                          "\n"
                          "types: deb\nuris: http://off.example\nsuites: x\nEnabled: no\n"
                          "\n"
                          "Types: deb-src\nURIs: http://src.example\nSuites: x\n",
                          true);
    ASSERT_EQ(sources.size(), 2u);
    EXPECT_EQ(sources[1],
              (AptSource{"http://a.example/debian", "bookworm-updates", {"main"}, "/k.gpg"}));
}

TEST(AptSources, GathersAllFilesOfAMachine) {
    TempDir etc;
    make_directories(etc / "sources.list.d");
    write_file(etc / "sources.list", "deb http://a.example/debian bookworm main\n");
    write_file(etc / "sources.list.d/b.sources",
               "Types: deb\nURIs: http://b.example/debian\nSuites: bookworm\nComponents: main\n");
    write_file(etc / "sources.list.d/c.list.disabled", "deb http://c.example x main\n");
    auto sources = machine_apt_sources(etc.path());
    ASSERT_EQ(sources.size(), 2u);
    EXPECT_EQ(sources[1].uri, "http://b.example/debian");
    EXPECT_TRUE(machine_apt_sources(etc / "nowhere").empty());
}

TEST(AptSources, TurnsDebianArchivesToAnotherSuite) {
    std::vector<AptSource> machine{
        {"http://a.example/debian", "bookworm", {"main", "non-free"}, "/release.gpg"},
        {"http://a.example/debian", "bookworm-updates", {"main"}, ""},
        {"http://s.example/debian-security", "bookworm-security", {"main"}, ""},
        {"http://a.example/debian", "bookworm-backports", {"main"}, ""},
        {"http://other.example", "nodistro", {"main"}, ""},
        {"http://a.example/debian", "stable", {"contrib"}, ""},
    };
    EXPECT_EQ(
        sources_list(sources_for_suite(machine, "trixie"), "/debian.gpg"),
        "deb [signed-by=/debian.gpg] http://a.example/debian trixie main\n"
        "deb [signed-by=/debian.gpg] http://a.example/debian trixie-updates main\n"
        "deb [signed-by=/debian.gpg] http://s.example/debian-security trixie-security main\n");
    EXPECT_EQ(sources_for_suite(machine, "sid").size(), 1u);
}

TEST(AptSources, UsesAMirrorAsItIs) {
    EXPECT_EQ(sources_list(sources_on_mirror("http://m.example/debian/", "trixie"), "/k"),
              "deb [signed-by=/k] http://m.example/debian trixie main\n");
}

} // namespace
} // namespace coracle
