// SPDX-License-Identifier: Apache-2.0
#include "registry/push.h"

#include <cstdlib>
#include <fstream>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "registry/fake_server.h"
#include "registry/url.h"
#include "store/test_images.h"

namespace coracle {
namespace {

using test::FakeRequest;
using test::FakeServer;
using test::put_image;
using test::put_index;
using test::reply;

/// A registry that takes one upload at a time, and may be told to misbehave.
class FakeRegistry {
public:
    /// May answer instead of it: "" = it answers itself.
    std::function<std::string(const FakeRequest&)> before = [](const FakeRequest&) { return ""; };
    std::string upload_headers = {};                    ///< of the answer to POST
    std::string location = "/v2/x/r/uploads/1?state=a"; ///< of an upload
    size_t largest_body = SIZE_MAX;

    std::map<std::string, std::string> blobs;     ///< by digest
    std::map<std::string, std::string> manifests; ///< by tag or digest
    std::map<std::string, std::string> elsewhere; ///< blobs of the repository "x/other"

    FakeServer server{[this](const FakeRequest& request) {
        std::string bytes = before(request);
        return bytes.empty() ? answer(request) : bytes;
    }};

    int count(const std::string& method, const std::string& part = "") const {
        int found = 0;
        for (const FakeRequest& request : server.requests())
            found += request.method == method && request.path.find(part) != std::string::npos;
        return found;
    }

private:
    std::string answer(const FakeRequest& request) {
        std::string last = request.path.substr(request.path.rfind('/') + 1);
        if (request.path == "/v2/")
            return reply(200);
        if (request.body.size() > largest_body)
            return reply(413);
        if (request.path.find("/manifests/") != std::string::npos)
            return manifest(request, last);
        if (request.method == "HEAD")
            return reply(blobs.contains(last) ? 200 : 404);
        return upload(request);
    }
    std::string manifest(const FakeRequest& request, const std::string& name) {
        if (request.method == "PUT") {
            manifests[name] = request.body;
            return reply(201);
        }
        auto found = manifests.find(name);
        if (found == manifests.end())
            return reply(404);
        return reply(200, request.method == "HEAD" ? "" : found->second,
                     "Docker-Content-Digest: " + Digest::of(found->second).str() + "\r\n");
    }
    std::string upload(const FakeRequest& request) {
        std::string where = "Location: " + location + "\r\n";
        if (request.method == "POST") {
            received_.clear();
            auto mount = request.path.find("?mount=");
            std::string digest =
                mount == std::string::npos ? "" : request.path.substr(mount + 7, 71);
            if (auto found = elsewhere.find(digest); found != elsewhere.end()) {
                blobs[digest] = found->second;
                return reply(201);
            }
            return reply(202, "", where + upload_headers);
        }
        if (request.method == "GET")
            return reply(204, "", where + range());
        auto begin = request.headers.find("content-range");
        if (begin != request.headers.end() &&
            !begin->second.starts_with(fmt::format("{}-", received_.size())))
            return reply(416, "", where + range());
        received_ += request.body;
        if (request.method == "PATCH")
            return reply(202, "", where + range());
        std::string digest = Digest::of(received_).str();
        if (request.path.find(percent_encode(digest)) == std::string::npos)
            return reply(400, "{\"errors\":[{\"message\":\"digest invalid\"}]}");
        blobs[digest] = received_;
        return reply(201);
    }
    std::string range() const {
        return fmt::format("Range: 0-{}\r\n", received_.empty() ? 0 : received_.size() - 1);
    }

    std::string received_;
};

class Pushing : public testing::Test {
protected:
    Pushing() {
        ::setenv("HOME", temporary.path().c_str(), 1);
        for (const char* name :
             {"REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG"})
            ::unsetenv(name);
        options.retry = {.attempts = 3, .first_delay = std::chrono::milliseconds(1)};
        options.parallel = 1;
        store.tag(image, put_index(store, {put_image(store, "linux/amd64", {layer})}));
    }
    Reference remote() const { return Reference::parse(registry.server.host() + "/x/r:1"); }
    std::string push_it(bool replace = false) {
        try {
            push(store, image, {.remote = remote(), .replace = replace}, options,
                 silent_reporter());
        } catch (const Error& error) {
            return error.message();
        }
        return "pushed";
    }
    std::string sent() const {
        auto found = registry.blobs.find(Digest::of(layer).str());
        return found == registry.blobs.end() ? "" : found->second;
    }

    TempDir temporary;
    Store store{temporary / "cache"};
    RegistryOptions options;
    Reference image = Reference::parse("some:1");
    std::string layer = [] {
        std::string text;
        for (int i = 0; i < 60'000; ++i)
            text += fmt::format("{} ", i);
        return text; // 348,890 bytes
    }();
    FakeRegistry registry;
};

TEST_F(Pushing, SendsABlobInOnePiece) {
    EXPECT_EQ(push_it(), "pushed");
    EXPECT_EQ(sent(), layer);
    EXPECT_EQ(registry.count("PATCH"), 0);
    EXPECT_EQ(push_it(), "pushed");
    EXPECT_EQ(registry.count("POST"), 2) << "what is there is not sent again";
}

TEST_F(Pushing, SendsChunksWhereOnePieceIsTooLarge) {
    registry.largest_body = 200'000;
    EXPECT_EQ(push_it(), "pushed");
    EXPECT_EQ(sent(), layer);
    EXPECT_GE(registry.count("PATCH"), 2);
    registry.largest_body = 50'000;
    registry.blobs.clear();
    EXPECT_EQ(push_it(), "registry '" + registry.server.host() + "' answers 413 to the upload of " +
                             Digest::of(layer).str() + " to 'x/r'");
}

TEST_F(Pushing, SendsChunksOfTheLeastSizeThatIsAskedFor) {
    registry.upload_headers = "OCI-Chunk-Min-Length: 100000\r\n";
    EXPECT_EQ(push_it(), "pushed");
    EXPECT_EQ(sent(), layer);
    EXPECT_EQ(registry.count("PATCH"), 1) << "one chunk of more than that will do";
    registry.upload_headers = "OCI-Chunk-Min-Length: 99999999999\r\n";
    registry.blobs.clear();
    EXPECT_EQ(push_it(), "registry '" + registry.server.host() + "' wants chunks of 93.1 GiB");
}

TEST_F(Pushing, GoesOnWithChunksWhereAPieceBrokeOff) {
    int broken = 0;
    registry.before = [&](const FakeRequest& request) {
        bool large = request.body.size() > 300'000;
        return large && broken++ == 0 ? " " : ""; // no answer
    };
    EXPECT_EQ(push_it(), "pushed");
    EXPECT_EQ(sent(), layer);
    EXPECT_EQ(registry.count("PATCH"), 1);
}

TEST_F(Pushing, GoesOnWhereAChunkBrokeOff) {
    registry.largest_body = 100'000; // so that there are several
    int chunks = 0;
    registry.before = [&](const FakeRequest& request) {
        bool taken = request.method == "PATCH" && request.body.size() <= 100'000;
        return taken && ++chunks == 2 ? " " : "";
    };
    EXPECT_EQ(push_it(), "pushed");
    EXPECT_EQ(sent(), layer);
    EXPECT_GE(registry.count("GET", "/uploads/"), 1) << "it asks how far it has come";
    EXPECT_EQ(registry.count("POST"), 3) << "the configuration, one piece, chunks";
}

TEST_F(Pushing, SendsOnePieceWhereChunksAreUnknown) {
    registry.upload_headers = "OCI-Chunk-Min-Length: 100000\r\n";
    registry.before = [](const FakeRequest& request) {
        return request.method == "PATCH" ? reply(405) : "";
    };
    EXPECT_EQ(push_it(), "pushed");
    EXPECT_EQ(sent(), layer);
}

TEST_F(Pushing, MountsWhatAnotherRepositoryOfTheRegistryHas) {
    store.tag(Reference::parse(registry.server.host() + "/x/other:1"), *store.find(image));
    registry.elsewhere[Digest::of(layer).str()] = layer;
    EXPECT_EQ(push_it(), "pushed");
    EXPECT_EQ(sent(), layer);
    EXPECT_EQ(registry.count("POST", "mount=" + Digest::of(layer).str() + "&from=x%2Fother"), 1);
    EXPECT_EQ(registry.count("PUT", "/uploads/"), 1) << "the configuration, which is not there";
}

TEST_F(Pushing, UploadsWhatMayNotBeMounted) {
    store.tag(Reference::parse(registry.server.host() + "/x/other:1"), *store.find(image));
    registry.before = [](const FakeRequest& request) {
        return request.path.find("mount=") != std::string::npos ? reply(403) : "";
    };
    EXPECT_EQ(push_it(), "pushed");
    EXPECT_EQ(sent(), layer);
}

TEST_F(Pushing, DoesWithoutHead) {
    registry.before = [](const FakeRequest& request) {
        return request.method == "HEAD" ? reply(405) : "";
    };
    EXPECT_EQ(push_it(), "pushed");
    EXPECT_EQ(push_it(), "pushed") << "the same";
    store.tag(image, put_index(store, {put_image(store, "linux/amd64", {"other"})}));
    EXPECT_THAT(push_it(), testing::HasSubstr("is in the registry already and means sha256:"));
    EXPECT_EQ(push_it(true), "pushed");
}

TEST_F(Pushing, AsksForANewTokenInTheMiddleOfAnUpload) {
    options.credentials = {registry.server.host() + "=me:secret"};
    int refused = 0;
    registry.before = [&](const FakeRequest& request) {
        bool upload =
            request.method == "PUT" && request.path.find("/uploads/") != std::string::npos;
        bool expired = upload && refused++ == 0;
        return expired || !request.headers.contains("authorization")
                   ? reply(401, "", "WWW-Authenticate: Basic realm=x\r\n")
                   : "";
    };
    EXPECT_EQ(push_it(), "pushed");
    EXPECT_EQ(sent(), layer);
}

TEST_F(Pushing, DoesNotTakeCredentialsToWhereAnUploadIsSent) {
    FakeServer storage([](const FakeRequest&) { return reply(201); });
    options.credentials = {registry.server.host() + "=me:secret"};
    registry.location = "http://" + storage.host() + "/put?signature=s";
    registry.before = [](const FakeRequest& request) {
        return request.headers.contains("authorization")
                   ? ""
                   : reply(401, "", "WWW-Authenticate: Basic realm=x\r\n");
    };
    EXPECT_EQ(push_it(), "pushed");
    ASSERT_EQ(storage.requests().size(), 2u);
    for (const FakeRequest& request : storage.requests())
        EXPECT_FALSE(request.headers.contains("authorization"));
}

TEST_F(Pushing, SaysWhenWhatIsHereIsDamaged) {
    std::ofstream(store.path_of(Digest::of(layer))) << std::string(layer.size(), '?');
    EXPECT_THAT(push_it(), testing::StartsWith("blob " + Digest::of(layer).str() + " is damaged"));
    EXPECT_TRUE(registry.manifests.empty());
}

TEST_F(Pushing, IsBlockedByRegistriesConf) {
    make_directories(temporary / ".config/containers");
    write_file(temporary / ".config/containers/registries.conf",
               "[[registry]]\nlocation = '" + registry.server.host() + "/x'\nblocked = true\n");
    EXPECT_EQ(push_it(), "'" + remote().familiar() +
                             "' is blocked by registries.conf, as all of '" +
                             registry.server.host() + "/x'");
    EXPECT_TRUE(registry.server.requests().empty());
}

} // namespace
} // namespace coracle
