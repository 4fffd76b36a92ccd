// SPDX-License-Identifier: Apache-2.0
#include "registry/pull.h"

#include <atomic>
#include <cstdlib>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "oci/media_types.h"
#include "registry/base64.h"
#include "registry/test_pull.h"
#include "store/verify.h"

namespace coracle {
namespace {

using test::FakeRequest;
using test::FakeServer;
using test::put_image;
using test::put_index;
using test::reply;
using Pulling = test::PullTest;

TEST_F(Pulling, BringsOnlyThePlatformAskedFor) {
    FakeServer server([&](const FakeRequest& request) { return serve(request); });
    ResolvedImage image = pull_from(server);
    EXPECT_EQ(image.descriptor.digest, one.digest);
    EXPECT_EQ(image.root.digest, root.digest);
    EXPECT_FALSE(store.has(two.digest));
    EXPECT_TRUE(verify(store, silent_reporter()).sound());
    size_t before = server.requests().size();
    pull_from(server);
    EXPECT_EQ(server.requests().size(), before + 2) << "what is here is not fetched again";
}

TEST_F(Pulling, ByDigestVerifiesIt) {
    FakeServer server([&](const FakeRequest& request) { return serve(request); });
    EXPECT_EQ(pull_from(server, "@" + one.digest.str()).descriptor.digest, one.digest);
    EXPECT_TRUE(store.find(reference(server, "@" + one.digest.str())));
    FakeServer liar([&](const FakeRequest& request) {
        return request.path == "/v2/" ? reply(200)
                                      : reply(200, "{\"schemaVersion\":2,\"manifests\":[]}");
    });
    EXPECT_EQ(refusal(liar, "@" + one.digest.str()),
              "'x/redis@" + one.digest.str() + "' at " + liar.host() +
                  " is damaged: its content has the digest " +
                  Digest::of("{\"schemaVersion\":2,\"manifests\":[]}").str());
}

TEST_F(Pulling, GivesASingleManifestAnIndexForItsTag) {
    remote.tag(Reference::parse("x/redis:single"), one);
    FakeServer server([&](const FakeRequest& request) { return serve(request); });
    EXPECT_EQ(pull_from(server, ":single").descriptor.digest, one.digest);
    EXPECT_EQ(store.find(reference(server, ":single"))->media_type, media_type::oci_index);
}

TEST_F(Pulling, BringsAllPlatforms) {
    FakeServer server([&](const FakeRequest& request) { return serve(request); });
    auto images = pull_all_platforms(store, reference(server, ":4"), options, silent_reporter());
    ASSERT_EQ(images.size(), 2u);
    EXPECT_EQ(images[0].descriptor.digest, one.digest);
    EXPECT_EQ(images[1].descriptor.digest, two.digest);
    EXPECT_EQ(store.find(reference(server, ":4"))->digest, root.digest);
    remote.tag(Reference::parse("x/redis:single"), two);
    images = pull_all_platforms(store, reference(server, ":single"), options, silent_reporter());
    ASSERT_EQ(images.size(), 1u);
    EXPECT_EQ(images[0].platform.str(), "linux/arm64");
}

TEST_F(Pulling, RefusesASystemBeforeItsFilesAreBrought) {
    Manifest manifest{.media_type = std::string(media_type::oci_manifest),
                      .config = remote.put("{}", std::string(media_type::oci_empty)),
                      .layers = {remote.put("a disk", "application/octet-stream")},
                      .artifact_type = std::string(media_type::system)};
    remote.tag(Reference::parse("x/redis:os"), remote.put(manifest.str(), manifest.media_type));
    FakeServer server([&](const FakeRequest& request) { return serve(request); });
    std::string name = server.host() + "/x/redis:os";
    try {
        pull_from(server, ":os");
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.message(), "'" + name + "' is an artifact of type '" +
                                       std::string(media_type::system) +
                                       "', not a container image");
        EXPECT_EQ(error.hint(), "coracle pull-output " + name + ", or coracle run " + name);
    }
    EXPECT_FALSE(store.has(manifest.layers[0]));
}

TEST_F(Pulling, SaysWhatIsNotThere) {
    FakeServer server([&](const FakeRequest& request) { return serve(request); });
    EXPECT_EQ(refusal(server, ":5"),
              "image '" + server.host() + "/x/redis:5' is not in registry '" + server.host() + "'");
    remote.tag(Reference::parse("x/redis:arm"), put_index(remote, {two}));
    EXPECT_EQ(refusal(server, ":arm"),
              "image '" + server.host() + "/x/redis:arm' has no linux/amd64; it has linux/arm64");
    EXPECT_TRUE(store.names().empty());
}

TEST_F(Pulling, GoesOnWhereABlobBrokeOff) {
    std::atomic<int> broken = 0;
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.find(layer_digest) == std::string::npos)
            return serve(request);
        auto range = request.headers.find("range");
        if (range == request.headers.end()) {
            ++broken;
            return reply(200, layer).substr(0, 200'000);
        }
        size_t from = *parse_number(range->second.substr(6, range->second.size() - 7));
        return reply(
            206, layer.substr(from),
            fmt::format("Content-Range: bytes {}-{}/{}\r\n", from, layer.size() - 1, layer.size()));
    });
    pull_from(server);
    EXPECT_EQ(broken, 1);
    EXPECT_TRUE(verify(store, silent_reporter()).sound());
}

TEST_F(Pulling, GoesOnWithAServerThatHasNoRanges) {
    std::atomic<int> calls = 0;
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.find(layer_digest) != std::string::npos && ++calls < 3)
            return serve(request).substr(0, 100'000u * static_cast<unsigned>(calls.load()));
        return serve(request);
    });
    pull_from(server);
    EXPECT_EQ(calls, 3);
    EXPECT_TRUE(verify(store, silent_reporter()).sound());
}

TEST_F(Pulling, RefusesADamagedLayer) {
    FakeServer server([&](const FakeRequest& request) {
        std::string answer = serve(request);
        if (request.path.find(layer_digest) != std::string::npos)
            answer.back() = '!';
        return answer;
    });
    EXPECT_THAT(refusal(server), testing::StartsWith("blob " + layer_digest + " is damaged"));
    EXPECT_TRUE(store.names().empty());
    EXPECT_FALSE(store.has(Digest::parse(layer_digest)));
}

TEST_F(Pulling, RefusesMoreBytesThanWerePromised) {
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.find(layer_digest) != std::string::npos)
            return reply(200, layer + std::string(10'000'000, 'y'));
        return serve(request);
    });
    EXPECT_EQ(refusal(server),
              "blob " + layer_digest + " is longer than the 300000 bytes it should have");
}

TEST_F(Pulling, GivesUpOnABlobThatAlwaysBreaksOff) {
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.find(layer_digest) != std::string::npos)
            return reply(200, layer).substr(0, 1000);
        return serve(request);
    });
    EXPECT_NE(refusal(server), "accepted");
    EXPECT_EQ(count(server, layer_digest), 3);
}

TEST_F(Pulling, TriesAgainWhenTheRegistryIsBusy) {
    std::atomic<int> calls = 0;
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.find("manifests/4") != std::string::npos && ++calls < 3)
            return reply(calls == 1 ? 429 : 503, "", "Retry-After: 0\r\n");
        return serve(request);
    });
    EXPECT_EQ(refusal(server), "accepted");
    EXPECT_EQ(calls, 3);
    FakeServer dead([&](const FakeRequest& request) {
        return request.path == "/v2/" ? reply(200) : reply(500);
    });
    EXPECT_EQ(refusal(dead), "registry '" + dead.host() + "' answers 500 for 'x/redis'");
}

TEST_F(Pulling, GivesUpOnARegistryThatSaysNothing) {
    options.retry.attempts = 1;
    options.stall_timeout = std::chrono::seconds(1);
    std::promise<void> end;
    auto ended = end.get_future().share();
    FakeServer server([&](const FakeRequest& request) {
        if (request.path != "/v2/")
            ended.wait();
        return reply(200);
    });
    std::string text = refusal(server);
    end.set_value();
    EXPECT_THAT(text, testing::StartsWith("cannot reach 'http://" + server.host() +
                                          "/v2/x/redis/manifests/4': Operation too slow."));
}

TEST_F(Pulling, RefusesAWebPage) {
    FakeServer server([&](const FakeRequest&) {
        return reply(200, "<html>log in</html>", "Content-Type: text/html\r\n");
    });
    EXPECT_EQ(refusal(server), "'" + server.host() +
                                   "' answers with a web page; it is no registry, or something "
                                   "stands in between");
}

TEST_F(Pulling, RefusesSchemaOneAndHugeManifests) {
    FakeServer old([&](const FakeRequest&) {
        return reply(200, "{\"schemaVersion\":1}",
                     "Content-Type: application/vnd.docker.distribution.manifest.v1+prettyjws\r\n");
    });
    EXPECT_THAT(refusal(old),
                testing::EndsWith("is an image manifest of schema 1, which is obsolete "
                                  "and not supported"));
    FakeServer huge([&](const FakeRequest& request) {
        return request.path == "/v2/" ? reply(200) : reply(200, std::string(5 << 20, ' '));
    });
    EXPECT_EQ(refusal(huge),
              "'http://" + huge.host() + "/v2/x/redis/manifests/4' sends more than 4.0 MiB");
}

TEST_F(Pulling, RefusesForeignLayers) {
    Manifest manifest = Manifest::parse(remote.read_document(one), "x");
    manifest.layers[0].media_type = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    remote.tag(Reference::parse("x/redis:foreign"),
               remote.put(manifest.str(), manifest.media_type));
    FakeServer server([&](const FakeRequest& request) { return serve(request); });
    EXPECT_THAT(refusal(server, ":foreign"),
                testing::HasSubstr("is not distributed with its image"));
    EXPECT_EQ(count(server, layer_digest), 0);
}

TEST_F(Pulling, AnswersABearerChallenge) {
    options.credentials = {"REGISTRY=someone:secret"};
    FakeServer server([&](const FakeRequest& request) {
        auto authority = request.headers.find("authorization");
        std::string given = authority == request.headers.end() ? "" : authority->second;
        if (request.path.starts_with("/token"))
            return given == "Basic " + base64_encode("someone:secret")
                       ? reply(200, "{\"token\":\"abc\",\"expires_in\":300}")
                       : reply(401);
        if (given != "Bearer abc")
            return reply(
                401, "",
                fmt::format("WWW-Authenticate: Bearer realm=\"http://{}/token\",service=s\r\n",
                            request.headers.at("host")));
        return serve(request);
    });
    options.credentials[0].replace(0, 8, server.host());
    EXPECT_EQ(refusal(server), "accepted");
    EXPECT_EQ(count(server, "/token?service=s&scope=repository%3Ax%2Fredis%3Apull"), 1)
        << "one token is enough";
    options.credentials[0] += "!";
    EXPECT_EQ(refusal(server, ":4"),
              "token server 'http://" + server.host() + "/token' answers 401");
}

TEST_F(Pulling, TellsWhereItLookedForCredentials) {
    FakeServer server(
        [&](const FakeRequest&) { return reply(401, "", "WWW-Authenticate: Basic realm=x\r\n"); });
    try {
        pull_from(server);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message(), "registry '" + server.host() + "' refuses access to 'x/redis'");
        EXPECT_EQ(error.hint(),
                  "docker login " + server.host() + " (no credentials for it in " +
                      temporary.path() + "/.config/containers/auth.json, which does not exist; " +
                      temporary.path() + "/.docker/config.json, which does not exist)");
    }
}

TEST_F(Pulling, DoesNotTakeCredentialsToWhereARedirectLeads) {
    FakeServer storage([&](const FakeRequest& request) { return serve(request); });
    FakeServer server([&](const FakeRequest& request) {
        if (!request.headers.contains("authorization"))
            return reply(401, "", "WWW-Authenticate: Basic realm=x\r\n");
        if (request.path.find("/blobs/") != std::string::npos)
            return reply(307, "",
                         fmt::format("Location: http://{}{}\r\n", storage.host(), request.path));
        return serve(request);
    });
    options.credentials = {server.host() + "=me:secret"};
    EXPECT_EQ(refusal(server), "accepted");
    EXPECT_EQ(storage.requests().size(), 3u) << "a configuration and two layers";
    for (const FakeRequest& request : storage.requests())
        EXPECT_FALSE(request.headers.contains("authorization"));
}

TEST_F(Pulling, RefusesRedirectsWithoutEnd) {
    FakeServer server([&](const FakeRequest& request) {
        return request.path == "/v2/" ? reply(200) : reply(307, "", "Location: /v2/again\r\n");
    });
    EXPECT_EQ(refusal(server), "'http://" + server.host() + "/v2/again' redirects without end");
}

TEST_F(Pulling, TakesAMirrorBeforeTheRegistry) {
    FakeServer mirror([&](const FakeRequest& request) { return serve(request); });
    FakeServer server([&](const FakeRequest& request) { return serve(request); });
    options.mirrors = {"http://" + mirror.host()};
    EXPECT_EQ(refusal(server), "accepted");
    EXPECT_TRUE(server.requests().empty());
    options.mirrors = {"other.example=http://" + mirror.host()};
    store.clear();
    EXPECT_EQ(refusal(server), "accepted");
    EXPECT_FALSE(server.requests().empty());
}

TEST_F(Pulling, GoesToTheRegistryWhenAMirrorLacksTheImage) {
    FakeServer mirror([&](const FakeRequest&) { return reply(404); });
    FakeServer server([&](const FakeRequest& request) { return serve(request); });
    options.mirrors = {"http://" + mirror.host()};
    EXPECT_EQ(refusal(server), "accepted");
    EXPECT_FALSE(mirror.requests().empty());
}

} // namespace
} // namespace coracle
