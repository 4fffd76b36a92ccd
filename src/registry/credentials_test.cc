// SPDX-License-Identifier: Apache-2.0
#include "registry/credentials.h"

#include <cstdlib>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "registry/base64.h"

namespace coracle {
namespace {

class CredentialsTest : public testing::Test {
protected:
    CredentialsTest() {
        for (const char* name :
             {"REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG"})
            ::unsetenv(name);
        ::setenv("HOME", home.path().c_str(), 1);
        make_directories(home / ".docker");
    }
    void config(const std::string& text) { write_file(home / ".docker/config.json", text); }
    static std::string user_for(const std::string& registry, const std::string& repository = "a/b",
                                const RegistryOptions& options = {}) {
        auto found = find_credentials(registry, repository, options).found;
        return found ? found->username + ":" + found->password + found->identity_token : "none";
    }
    static std::string auth(const std::string& pair) {
        return R"({"auth":")" + base64_encode(pair) + "\"}";
    }

    TempDir home;
};

TEST_F(CredentialsTest, AreFoundUnderTheNamesThatDockerUses) {
    config(R"({"auths":{"https://index.docker.io/v1/":)" + auth("hub:1") + R"(,"quay.io":)" +
           auth("quay:2") + R"(,"https://gcr.io":)" + auth("google:3:x") + "}}");
    EXPECT_EQ(user_for("docker.io"), "hub:1");
    EXPECT_EQ(user_for("quay.io"), "quay:2");
    EXPECT_EQ(user_for("gcr.io"), "google:3:x");
    EXPECT_EQ(user_for("ghcr.io"), "none");
    EXPECT_EQ(user_for("evil-quay.io"), "none");
}

TEST_F(CredentialsTest, OfARepositoryGoFirst) {
    make_directories(home / ".config/containers");
    write_file(home / ".config/containers/auth.json",
               R"({"auths":{"quay.io":)" + auth("all:1") + R"(,"quay.io/a":)" + auth("a:2") + "}}");
    EXPECT_EQ(user_for("quay.io", "a/b"), "a:2");
    EXPECT_EQ(user_for("quay.io", "ab/c"), "all:1");
}

TEST_F(CredentialsTest, OfTheOptionsAreForOneRegistryOnly) {
    RegistryOptions options{.credentials = {"quay.io=me:p=w:d"}};
    EXPECT_EQ(user_for("quay.io", "a", options), "me:p=w:d");
    EXPECT_EQ(user_for("ghcr.io", "a", options), "none");
    EXPECT_THROW(user_for("quay.io", "a", {.credentials = {"me:password"}}), Error);
}

TEST_F(CredentialsTest, MayBeIdentityTokens) {
    config(R"({"auths":{"x.io":{"identitytoken":"tok"}}})");
    EXPECT_EQ(user_for("x.io"), ":tok");
}

TEST_F(CredentialsTest, ComeFromHelpers) {
    std::string bin = home / "bin";
    make_directories(bin);
    write_file(bin + "/docker-credential-test",
               "#!/bin/sh\nread key\n[ \"$key\" = x.io ] || exit 1\n"
               "echo '{\"ServerURL\":\"x.io\",\"Username\":\"h\",\"Secret\":\"s\"}'\n",
               0755);
    std::string path = std::getenv("PATH");
    ::setenv("PATH", (bin + ":" + path).c_str(), 1);
    config(R"({"credHelpers":{"x.io":"test"}})");
    EXPECT_EQ(user_for("x.io"), "h:s");
    config(R"({"auths":{"x.io":{}},"credsStore":"test"})");
    EXPECT_EQ(user_for("x.io"), "h:s");
    EXPECT_EQ(user_for("y.io"), "none");
    config(R"({"credsStore":"../../evil"})");
    EXPECT_THROW(user_for("x.io"), Error);
    ::setenv("PATH", path.c_str(), 1);
}

TEST_F(CredentialsTest, NameTheFilesThatWereLookedAt) {
    auto search = find_credentials("x.io", "a", {});
    ASSERT_EQ(search.files.size(), 2u);
    EXPECT_EQ(search.files[1], home / ".docker/config.json");
}

TEST_F(CredentialsTest, ThatCannotBeReadAreAnError) {
    config("{");
    EXPECT_THROW(user_for("x.io"), Error);
    config(R"({"auths":{"x.io":{"auth":"!!!"}}})");
    try {
        user_for("x.io");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message(), "'" + (home / ".docker/config.json") +
                                       "': 'auths' of 'x.io': 'auth' is not the base64 of "
                                       "USER:PASSWORD");
    }
}

} // namespace
} // namespace coracle
