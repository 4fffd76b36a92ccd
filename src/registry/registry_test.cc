// SPDX-License-Identifier: Apache-2.0
// Against the real registry server, with skopeo as the other client.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/tar_writer.h"
#include "base/error.h"
#include "base/process.h"
#include "io/memory.h"
#include "registry/published.h"
#include "registry/pull.h"
#include "registry/push.h"
#include "registry/test_server.h"
#include "store/test_images.h"
#include "store/verify.h"

namespace coracle {
namespace {

using test::put_image;
using test::put_index;

class Registry : public testing::Test {
protected:
    void SetUp() override {
        if (!find_program("docker-registry") || !find_program("skopeo"))
            GTEST_SKIP() << "docker-registry or skopeo is not installed";
        ::setenv("HOME", temporary.path().c_str(), 1);
        ::unsetenv("DOCKER_CONFIG");
        store.tag(redis, put_index(store, {one, two}));
    }
    void start(const std::string& auth = "", const std::string& tls = "") {
        server.emplace(temporary.path(), auth, tls);
        host = server->host();
    }
    void start_with_tls_and_password() {
        run_checked(
            {.argv = {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                      "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                      temporary / "key.pem", "-out", temporary / "cert.pem"}});
        write_file(temporary / "htpasswd",
                   run_checked({.argv = {"htpasswd", "-Bbn", "someone", "secret"}}));
        start(fmt::format("{{htpasswd: {{realm: test, path: {}}}}}", temporary / "htpasswd"),
              fmt::format("{{certificate: {}, key: {}}}", temporary / "cert.pem",
                          temporary / "key.pem"));
    }
    Reference remote(const std::string& tag = "4") const {
        return Reference::parse(host + "/some/redis:" + tag);
    }
    std::vector<Pushed> push_it(PushOptions chosen = {}) {
        if (!chosen.remote)
            chosen.remote = remote();
        return push(store, redis, chosen, options, silent_reporter());
    }
    template <class Body>
    Error refusal(Body&& body) {
        try {
            body();
        } catch (const Error& error) {
            return error;
        }
        return Error("accepted");
    }
    static std::string skopeo(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"skopeo", "--insecure-policy"});
        return run_checked({.argv = arguments});
    }
    static std::string tar_of(const std::string& content) {
        StringSink sink;
        TarWriter tar(sink);
        Entry entry;
        entry.path = TreePath("file");
        entry.size = content.size();
        tar.add(entry, content);
        tar.finish();
        return sink.take();
    }

    TempDir temporary;
    Store store{temporary / "cache"};
    Store other{temporary / "other"};
    Reference redis = Reference::parse("redis:4");
    Platform amd64 = Platform::parse("amd64");
    Platform arm64 = Platform::parse("arm64");
    Descriptor one =
        put_image(store, "linux/amd64", {tar_of("a"), tar_of(std::string(3'000'000, 'b'))});
    Descriptor two = put_image(store, "linux/arm64", {tar_of("a"), tar_of("c")});
    RegistryOptions options{.retry = {.attempts = 2, .first_delay = std::chrono::milliseconds(10)}};
    std::optional<test::RegistryServer> server;
    std::string host;
};

TEST_F(Registry, GivesBackWhatWasPushed) {
    start();
    auto pushed = push_it();
    ASSERT_EQ(pushed.size(), 1u);
    EXPECT_EQ(pushed[0].digest, store.find(redis)->digest);
    auto image = pull(other, remote(), arm64, options, silent_reporter());
    EXPECT_EQ(image.descriptor.digest, two.digest);
    EXPECT_FALSE(other.has(one.digest));
    pull(other, remote(), amd64, options, silent_reporter());
    EXPECT_TRUE(verify(other, silent_reporter()).sound());
}

TEST_F(Registry, ServesOursToSkopeo) {
    start();
    push_it();
    std::string name = "docker://" + remote().full();
    EXPECT_EQ(Digest::of(skopeo({"inspect", "--tls-verify=false", "--raw", name})),
              store.find(redis)->digest);
    skopeo({"copy", "-q", "--all", "--src-tls-verify=false", name, "dir:" + (temporary / "out")});
}

TEST_F(Registry, ServesSkopeosToUs) {
    start();
    skopeo({"copy", "-q", "--all", "--dest-tls-verify=false",
            "oci:" + store.directory() + ":docker.io/library/redis:4",
            "docker://" + remote("oci").full()});
    skopeo({"copy", "-q", "--format", "v2s2", "--override-arch", "amd64", "--dest-tls-verify=false",
            "oci:" + store.directory() + ":docker.io/library/redis:4",
            "docker://" + remote("docker").full()});
    for (const char* tag : {"oci", "docker"})
        EXPECT_EQ(pull(other, remote(tag), amd64, options, silent_reporter()).platform, amd64);
    EXPECT_TRUE(verify(other, silent_reporter()).sound());
}

TEST_F(Registry, DoesNotMoveATagUnlessTold) {
    start();
    push_it();
    store.tag_platform(redis, amd64, two);
    EXPECT_EQ(refusal([&] { push_it(); }).hint(), "--override");
    push_it({.replace = true});
    EXPECT_EQ(pull(other, remote(), amd64, options, silent_reporter()).descriptor.digest,
              two.digest);
}

TEST_F(Registry, GetsATagForEachArchitectureWhenAsked) {
    start();
    auto pushed = push_it({.with_arch_tags = true});
    ASSERT_EQ(pushed.size(), 3u);
    EXPECT_EQ(pushed[0].name, remote("4-amd64").full());
    EXPECT_EQ(pull(other, remote("4-arm64"), arm64, options, silent_reporter()).descriptor.digest,
              two.digest);
}

TEST_F(Registry, GetsOnlyThePlatformsThatAreHere) {
    start();
    store.drop(one.digest);
    push_it();
    auto error = refusal([&] { pull(other, remote(), amd64, options, silent_reporter()); });
    EXPECT_EQ(error.message(),
              "image '" + remote().familiar() + "' has no linux/amd64; it has linux/arm64");
}

TEST_F(Registry, IsAskedWhetherAnImageIsPublished) {
    start();
    Descriptor root = *store.find(redis);
    EXPECT_FALSE(is_published(remote(), root, options, silent_reporter()));
    push_it();
    EXPECT_TRUE(is_published(remote(), root, options, silent_reporter()));
    EXPECT_FALSE(is_published(remote(), put_index(store, {one}), options, silent_reporter()));
    server.reset();
    EXPECT_FALSE(is_published(remote(), root, options, silent_reporter()));
}

TEST_F(Registry, SaysThatATagIsNotThere) {
    start();
    push_it();
    auto error = refusal([&] { pull(other, remote("5"), amd64, options, silent_reporter()); });
    EXPECT_EQ(error.message(),
              "image '" + remote("5").familiar() + "' is not in registry '" + server->host() + "'");
}

TEST_F(Registry, WithTlsAndPasswordWantsBoth) {
    if (!find_program("htpasswd"))
        GTEST_SKIP() << "htpasswd is not installed";
    start_with_tls_and_password();
    auto untrusted = refusal([&] { push_it(); });
    EXPECT_THAT(untrusted.message(), testing::HasSubstr("certificate"));
    options.ca_file = temporary / "cert.pem";
    auto nameless = refusal([&] { push_it(); });
    EXPECT_THAT(nameless.message(),
                testing::StartsWith("registry '" + server->host() + "' refuses access"));
    options.credentials = {host + "=someone:wrong"};
    EXPECT_THAT(refusal([&] { push_it(); }).message(), testing::HasSubstr("refuses access"));
    options.credentials = {host + "=someone:secret"};
    push_it();
    EXPECT_EQ(pull(other, remote(), amd64, options, silent_reporter()).descriptor.digest,
              one.digest);
}

} // namespace
} // namespace coracle
