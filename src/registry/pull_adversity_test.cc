// SPDX-License-Identifier: Apache-2.0
// Pulls from registries that break off, lie and drip, and what is left of them.
#include <atomic>
#include <csignal>
#include <future>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "registry/http.h"
#include "registry/test_pull.h"
#include "store/layout.h"
#include "store/verify.h"

namespace coracle {
namespace {

using test::FakeRequest;
using test::FakeServer;
using test::reply;
using Misbehaving = test::PullTest;

/// Pulls of a layer that is worth keeping when it breaks off.
class Interrupted : public test::PullTest {
protected:
    Interrupted() : PullTest(std::string(3'000'000, 'x')) {}
    bool is_layer(const FakeRequest& request) const {
        return request.path.find(layer_digest) != std::string::npos;
    }
    std::string partial() const {
        return own_path(store.directory(), "sha256-" + layer_digest.substr(7) + ".partial");
    }
    /// Breaks off after two million bytes, for good.
    void pull_in_vain() {
        FakeServer server([&](const FakeRequest& request) {
            return is_layer(request) ? serve_range(request, 2'000'000) : serve(request);
        });
        EXPECT_THAT(refusal(server), testing::HasSubstr("cannot reach"));
    }
    /// The first range that is asked for when all goes well.
    std::string first_range_of_a_good_pull() {
        FakeServer server([&](const FakeRequest& request) {
            return is_layer(request) ? serve_range(request) : serve(request);
        });
        EXPECT_EQ(refusal(server), "accepted");
        EXPECT_TRUE(verify(store, silent_reporter()).sound());
        EXPECT_FALSE(exists(partial()));
        for (const FakeRequest& request : server.requests())
            if (is_layer(request))
                return request.headers.contains("range") ? request.headers.at("range") : "all";
        return "none";
    }
};

TEST_F(Interrupted, GoesOnInTheNextProcess) {
    pull_in_vain();
    EXPECT_FALSE(store.has(Digest::parse(layer_digest)));
    EXPECT_EQ(first_range_of_a_good_pull(), "bytes=2000000-");
}

TEST_F(Interrupted, BeginsAnewWhenWhatWasLeftIsDamaged) {
    pull_in_vain();
    write_file(partial(), std::string(1'000'000, '?'));
    EXPECT_EQ(first_range_of_a_good_pull(), "bytes=1000000-");
}

TEST_F(Interrupted, LeavesWhatCameWhenItIsKilled) {
    std::promise<void> end;
    auto ended = end.get_future().share();
    std::atomic<bool> asked_again = false;
    FakeServer server([&](const FakeRequest& request) {
        if (!is_layer(request))
            return serve(request);
        if (request.headers.contains("range")) {
            asked_again = true;
            ended.wait();
        }
        return serve_range(request, 2'000'000);
    });
    pid_t child = ::fork();
    if (child == 0) {
        refusal(server);
        ::_exit(0);
    }
    while (!asked_again)
        ::usleep(1000);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    end.set_value();
    EXPECT_THAT(first_range_of_a_good_pull(), testing::StartsWith("bytes=1"));
}

TEST_F(Interrupted, LeavesNothingThatIsDamaged) {
    FakeServer server([&](const FakeRequest& request) {
        return is_layer(request) ? reply(200, std::string(layer.size(), '?')) : serve(request);
    });
    EXPECT_EQ(refusal(server),
              "blob " + layer_digest + " is damaged: what the registry sends has another digest");
    EXPECT_FALSE(exists(partial()));
    EXPECT_FALSE(store.has(Digest::parse(layer_digest)));
}

TEST_F(Interrupted, FetchesOnceForTwoAtOnce) {
    FakeServer server([&](const FakeRequest& request) { return serve(request); });
    auto other = std::async([&] {
        Store again(store.directory());
        pull(again, reference(server), amd64, options, silent_reporter());
    });
    pull_from(server);
    other.get();
    EXPECT_EQ(count(server, layer_digest), 1);
    EXPECT_TRUE(verify(store, silent_reporter()).sound());
}

TEST_F(Misbehaving, PromisesMoreThanTheDiskHolds) {
    Manifest manifest = Manifest::parse(remote.read_document(one), "x");
    manifest.layers[0].size = uint64_t{1} << 49;
    remote.tag(Reference::parse("x/redis:huge"), remote.put(manifest.str(), manifest.media_type));
    FakeServer server([&](const FakeRequest& request) { return serve(request); });
    EXPECT_THAT(refusal(server, ":huge"),
                testing::StartsWith("image '" + reference(server, ":huge").familiar() +
                                    "' needs 512.0 TiB in the cache '" + store.directory() +
                                    "', whose disk has "));
    EXPECT_EQ(count(server, layer_digest), 0);
    manifest.config.size = 5 << 20;
    remote.tag(Reference::parse("x/redis:huge"), remote.put(manifest.str(), manifest.media_type));
    EXPECT_EQ(refusal(server, ":huge"), "image '" + reference(server, ":huge").familiar() +
                                            "' has a configuration of 5.0 MiB");
}

TEST_F(Misbehaving, SendsWithoutEndWhereLittleWasPromised) {
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.find(layer_digest) == std::string::npos)
            return serve(request);
        return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(20'000'000, 'x');
    });
    EXPECT_EQ(refusal(server),
              "blob " + layer_digest + " is longer than the 300000 bytes it should have");
    EXPECT_TRUE(store.names().empty());
}

TEST_F(Misbehaving, LiesAboutTheLength) {
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.find(layer_digest) == std::string::npos)
            return serve(request);
        return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n" + layer;
    });
    EXPECT_EQ(refusal(server), "blob " + layer_digest + " broke off after 1000 of 300000 bytes");
}

TEST_F(Misbehaving, DripsALayer) {
    options.retry.attempts = 1;
    options.stall_timeout = std::chrono::seconds(1);
    options.stall_rate = 100'000;
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.find(layer_digest) != std::string::npos)
            server.drip(1);
        return serve(request);
    });
    EXPECT_THAT(refusal(server), testing::HasSubstr("Operation too slow"));
}

TEST_F(Misbehaving, DripsAManifestJustFastEnough) {
    options.retry.attempts = 1;
    options.stall_rate = 1;
    options.document_timeout = std::chrono::seconds(1);
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.find("/manifests/") != std::string::npos)
            server.drip(1);
        return serve(request);
    });
    EXPECT_THAT(refusal(server), testing::HasSubstr("Operation timed out after 1"));
}

TEST_F(Misbehaving, SendsManifestsOfNoOrAnotherType) {
    for (const char* said : {"", "text/plain", "application/json; charset=utf-8"}) {
        type = said;
        FakeServer server([&](const FakeRequest& request) { return serve(request); });
        EXPECT_EQ(refusal(server), "accepted") << said;
        store.clear();
    }
    type = media_type::oci_manifest;
    FakeServer server([&](const FakeRequest& request) { return serve(request); });
    EXPECT_THAT(refusal(server), testing::HasSubstr("is said to be"));
}

TEST_F(Misbehaving, SendsAWebPageInsteadOfALayer) {
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.find(layer_digest) == std::string::npos)
            return serve(request);
        return reply(200, "<html>log in</html>", "Content-Type: text/html; charset=utf-8\r\n");
    });
    EXPECT_EQ(refusal(server), "'" + server.host() +
                                   "' answers with a web page; it is no registry, or something "
                                   "stands in between");
}

// attack 28: a pull that waits forever for what has failed
TEST_F(Misbehaving, SendsOneBadLayerAmongMany) {
    std::vector<std::string> layers;
    for (int i = 0; i < 12; ++i)
        layers.push_back(std::string(1000, static_cast<char>('a' + i)));
    remote.tag(Reference::parse("x/redis:many"), test::put_image(remote, "linux/amd64", layers));
    std::string bad = Digest::of(layers[5]).str();
    FakeServer server([&](const FakeRequest& request) {
        std::string answer = serve(request);
        if (request.path.find(bad) != std::string::npos)
            answer.back() = '!';
        return answer;
    });
    EXPECT_THAT(refusal(server, ":many"), testing::StartsWith("blob " + bad + " is damaged"));
    EXPECT_TRUE(store.names().empty());
}

// attack 26: an index whose parts are indexes, each with as many
TEST_F(Misbehaving, SendsIndexesInIndexesWithoutEnd) {
    Descriptor deep = root;
    for (int i = 0; i < 8; ++i) {
        deep.platform.reset();
        deep = test::put_index(remote, {deep});
    }
    remote.tag(Reference::parse("x/redis:deep"), deep);
    std::vector<Descriptor> many;
    for (int i = 0; i < 300; ++i)
        many.push_back(remote.put(Index{.media_type = std::string(media_type::oci_index),
                                        .annotations = {{"number", std::to_string(i)}}}
                                      .str(),
                                  std::string(media_type::oci_index)));
    remote.tag(Reference::parse("x/redis:wide"), test::put_index(remote, many));
    FakeServer server([&](const FakeRequest& request) { return serve(request); });
    EXPECT_THAT(refusal(server, ":deep"),
                testing::HasSubstr("has indexes nested more than 4 deep"));
    EXPECT_THAT(refusal(server, ":wide"), testing::HasSubstr("has more than 256 documents"));
}

TEST_F(Misbehaving, AsksToComeBackAtADate) {
    std::atomic<int> calls = 0;
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.find("manifests/4") != std::string::npos && ++calls < 2)
            return reply(429, "", "Retry-After: Fri, 01 Jan 2016 00:00:00 GMT\r\n");
        return serve(request);
    });
    EXPECT_EQ(refusal(server), "accepted");
    EXPECT_EQ(calls, 2);
    HttpResponse response{.headers = {{"retry-after", "7"}}};
    EXPECT_EQ(response.retry_after(), std::chrono::seconds(7));
    response.headers[0].second = "99999999";
    EXPECT_EQ(response.retry_after(), std::chrono::seconds(3600));
    response.headers[0].second = "soon";
    EXPECT_EQ(response.retry_after(), std::nullopt);
}

} // namespace
} // namespace coracle
