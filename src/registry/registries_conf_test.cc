// SPDX-License-Identifier: Apache-2.0
#include "registry/registries_conf.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "registry/places.h"

namespace coracle {
namespace {

class RegistriesConfTest : public testing::Test {
protected:
    RegistriesConfTest() {
        ::setenv("HOME", home.path().c_str(), 1);
        ::unsetenv("XDG_CONFIG_HOME");
        ::unsetenv("CONTAINERS_REGISTRIES_CONF");
        make_directories(directory + "/registries.conf.d");
    }
    void conf(const std::string& text) { write_file(directory + "/registries.conf", text); }
    void drop_in(const std::string& name, const std::string& text) {
        write_file(directory + "/registries.conf.d/" + name, text);
    }
    /// "HOST/REPOSITORY:TAG" of each place, with '!' where it may be insecure.
    static std::string places(const std::string& image, const RegistryOptions& options = {}) {
        std::string text;
        for (const Place& place : places_of(Reference::parse(image), options))
            text += (text.empty() ? "" : " ") + place.url + place.reference.familiar() +
                    (place.insecure ? "!" : "");
        return text;
    }
    static std::string fault(const std::string& text) {
        try {
            RegistriesConf::parse(text, "f");
        } catch (const Error& error) {
            return error.message();
        }
        return "accepted";
    }

    TempDir home;
    std::string directory = home / ".config/containers";
};

TEST_F(RegistriesConfTest, PutsMirrorsBeforeTheRegistry) {
    conf(R"([[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "mirror.example:5000/hub"
insecure = true
[[registry.mirror]]
location = "m.example"
)");
    EXPECT_EQ(places("redis:4"), "mirror.example:5000/hub/library/redis:4! "
                                 "m.example/library/redis:4 redis:4");
    EXPECT_EQ(places("quay.io/a/b:1"), "quay.io/a/b:1");
    EXPECT_EQ(places("redis:4", {.mirrors = {"docker.io=https://first"}}),
              "https://first/redis:4 mirror.example:5000/hub/library/redis:4! "
              "m.example/library/redis:4 redis:4");
}

TEST_F(RegistriesConfTest, PutsALocationInThePlaceOfThePrefix) {
    conf("[[registry]]\nprefix = 'quay.io/some'\nlocation = 'inside.example/quay'\ninsecure=true\n"
         "[[registry]]\nprefix = 'quay.io/some/deep'\nlocation = 'deep.example'\n");
    EXPECT_EQ(places("quay.io/some/image:1"), "inside.example/quay/image:1!");
    EXPECT_EQ(places("quay.io/some/deep/image:1"), "deep.example/image:1");
    EXPECT_EQ(places("quay.io/something/image:1"), "quay.io/something/image:1");
}

TEST_F(RegistriesConfTest, MatchesAtTheEndOfAPartOnly) {
    auto match = [](std::string prefix, std::string_view name) {
        return ConfiguredRegistry{std::move(prefix)}.match(name).has_value();
    };
    EXPECT_TRUE(match("quay.io", "quay.io/a:1"));
    EXPECT_FALSE(match("quay.io", "quay.io.evil/a:1"));
    EXPECT_FALSE(match("quay.io", "quay.io:5000/a:1"));
    EXPECT_TRUE(match("quay.io/a", "quay.io/a:1"));
    EXPECT_TRUE(match("quay.io/a:1", "quay.io/a:1"));
    EXPECT_FALSE(match("quay.io/a:1", "quay.io/a:11"));
    EXPECT_TRUE(match("*.example.com", "x.y.example.com/a:1"));
    EXPECT_FALSE(match("*.example.com", "example.com/a:1"));
    EXPECT_FALSE(match("*.example.com", "evil.com/x.example.com/a:1"));
    EXPECT_TRUE(match("*.example.com/team", "x.example.com/team/a:1"));
}

TEST_F(RegistriesConfTest, UsesSomeMirrorsForDigestsOnly) {
    std::string digest = "@" + Digest::of("x").str();
    conf("[[registry]]\nlocation = 'r.example'\nmirror-by-digest-only = true\n"
         "[[registry.mirror]]\nlocation = 'd.example'\n"
         "[[registry.mirror]]\nlocation = 't.example'\npull-from-mirror = 'tag-only'\n"
         "[[registry.mirror]]\nlocation = 'a.example'\npull-from-mirror = 'all'\n");
    EXPECT_EQ(places("r.example/a:1"), "t.example/a:1 a.example/a:1 r.example/a:1");
    EXPECT_EQ(places("r.example/a" + digest),
              "d.example/a" + digest + " a.example/a" + digest + " r.example/a" + digest);
}

TEST_F(RegistriesConfTest, BlocksRegistries) {
    conf("[[registry]]\nprefix = 'bad.example/x'\nblocked = true\n");
    EXPECT_EQ(places("bad.example/y:1"), "bad.example/y:1");
    for (auto* ask : {+[](const Reference& image) { places_of(image, {}); },
                      +[](const Reference& image) { home_of(image); }}) {
        try {
            ask(Reference::parse("bad.example/x/y:1"));
            FAIL();
        } catch (const Error& error) {
            EXPECT_EQ(
                error.message(),
                "'bad.example/x/y:1' is blocked by registries.conf, as all of 'bad.example/x'");
        }
    }
}

TEST_F(RegistriesConfTest, LetsLaterFilesReplaceWhatIsSaidOfAPrefix) {
    conf("unqualified-search-registries = ['quay.io']\n[[registry]]\nlocation = 'r.example'\n"
         "insecure = true\n[[registry]]\nlocation = 's.example'\ninsecure = true\n");
    drop_in("20.conf", "[[registry]]\nprefix = 'r.example'\nlocation = 'second.example'\n");
    drop_in("10.conf", "[[registry]]\nprefix = 'r.example'\nlocation = 'first.example'\n");
    drop_in("30.conf.bak", "not TOML");
    EXPECT_EQ(places("r.example/a:1"), "second.example/a:1");
    EXPECT_EQ(places("s.example/a:1"), "s.example/a:1!");
    EXPECT_EQ(places("a:1"), "a:1") << "short names are of docker.io";
    write_file(home / "other", "[[registry]]\nlocation = 's.example'\nblocked = true\n");
    ::setenv("CONTAINERS_REGISTRIES_CONF", (home / "other").c_str(), 1);
    EXPECT_THROW(places("s.example/a:1"), Error);
}

TEST_F(RegistriesConfTest, SaysWhatIsWrongWithAFile) {
    EXPECT_EQ(fault("[[registry]\n").substr(0, 6), "'f':1:");
    EXPECT_EQ(fault("[[registry]]\ninsecure = 'yes'\nlocation = 'x'"),
              "'f': [[registry]]: 'insecure' is not true or false");
    EXPECT_EQ(fault("[[registry]]\n"),
              "'f': [[registry]]: there is neither 'prefix' nor 'location'");
    EXPECT_EQ(fault("registry = 3"), "'f': 'registry' is not a list of tables");
    EXPECT_EQ(fault("[[registry]]\nlocation='x'\n[[registry.mirror]]\nlocation='y'\n"
                    "pull-from-mirror='some'"),
              "'f': [[registry]]: [[mirror]]: 'pull-from-mirror' is 'all', 'digest-only' or "
              "'tag-only', not 'some'");
    EXPECT_EQ(fault("[registries.block]\nregistries = ['x']\n"),
              "'f' is of version 1, which is obsolete");
    conf("[[registry]]\nprefix = 'r.example'\nlocation = 'noregistry/x'\n");
    EXPECT_THROW(places("r.example/a:1"), Error);
}

} // namespace
} // namespace coracle
