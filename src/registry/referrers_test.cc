// SPDX-License-Identifier: Apache-2.0
#include "registry/referrers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/process.h"
#include "base/text.h"
#include "io/memory.h"
#include "oci/media_types.h"
#include "registry/fake_server.h"
#include "registry/test_server.h"

namespace coracle {
namespace {

using test::FakeRequest;
using test::FakeServer;
using test::reply;
using testing::HasSubstr;

const std::string index_type = "Content-Type: application/vnd.oci.image.index.v1+json\r\n";

Descriptor entry(const std::string& content, const std::string& type) {
    return {.media_type = std::string(media_type::oci_manifest),
            .digest = Digest::of(content),
            .size = content.size(),
            .artifact_type = type};
}

std::string index_of(std::vector<Descriptor> entries) {
    return Index{.media_type = std::string(media_type::oci_index), .manifests = std::move(entries)}
        .str();
}

class Referrers : public testing::Test {
protected:
    Repository at(const std::string& host) {
        endpoint.emplace(host, "", options, silent_reporter());
        return {*endpoint, "some/redis"};
    }
    std::vector<std::string> types(const std::string& host, const std::string& only = "") {
        Repository repository = at(host);
        std::vector<std::string> result;
        for (const Descriptor& referrer : referrers_of(repository, subject, only))
            result.push_back(referrer.artifact_type);
        return result;
    }
    Manifest referrer(Repository& repository, const std::string& type) {
        auto put = [&](const std::string& content, std::string_view media) {
            Descriptor blob{std::string(media), Digest::of(content), content.size()};
            repository.write_blob(blob, [&] { return std::make_unique<MemorySource>(content); });
            return blob;
        };
        return {.media_type = std::string(media_type::oci_manifest),
                .config = put("{}", media_type::oci_empty),
                .layers = {put("content of " + type, "text/plain")},
                .annotations = {{"a", "b"}},
                .artifact_type = type,
                .subject = Descriptor{std::string(media_type::oci_manifest), subject, 7}};
    }

    RegistryOptions options{.retry = {.attempts = 2, .first_delay = std::chrono::milliseconds(1)}};
    std::optional<Endpoint> endpoint;
    Digest subject = Digest::of("subject");
};

TEST_F(Referrers, AreWhatTheRegistryLists) {
    FakeServer server([&](const FakeRequest& request) {
        if (request.path == "/v2/some/redis/referrers/" + subject.str())
            return reply(200, index_of({entry("1", "sbom"), entry("2", "signature")}), index_type);
        return reply(request.path == "/v2/" ? 200 : 404);
    });
    EXPECT_THAT(types(server.host()), testing::ElementsAre("sbom", "signature"));
}

TEST_F(Referrers, AreOnlyOfTheTypeAskedForThoughTheRegistryDoesNotFilter) {
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.starts_with("/v2/some/redis/referrers/"))
            return reply(200, index_of({entry("1", "a/sbom+x"), entry("2", "signature")}),
                         index_type);
        return reply(request.path == "/v2/" ? 200 : 404);
    });
    EXPECT_THAT(types(server.host(), "a/sbom+x"), testing::ElementsAre("a/sbom+x"));
    EXPECT_THAT(server.requests().back().path, testing::EndsWith("?artifactType=a%2Fsbom%2Bx"));
}

TEST_F(Referrers, ComeInPages) {
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.ends_with("?next=2"))
            return reply(200, index_of({entry("2", "second")}), index_type);
        if (request.path.starts_with("/v2/some/redis/referrers/"))
            return reply(200, index_of({entry("1", "first")}),
                         index_type + "Link: </v2/some/redis/referrers/" + subject.str() +
                             "?next=2>; rel=\"next\"\r\n");
        return reply(request.path == "/v2/" ? 200 : 404);
    });
    EXPECT_THAT(types(server.host()), testing::ElementsAre("first", "second"));
}

TEST_F(Referrers, InPagesWithoutEndAreRefused) {
    FakeServer server([&](const FakeRequest& request) {
        if (request.path.starts_with("/v2/some/redis/referrers/"))
            return reply(200, index_of({}),
                         index_type + "Link: <" + request.path + ">; rel=\"next\"\r\n");
        return reply(request.path == "/v2/" ? 200 : 404);
    });
    try {
        types(server.host());
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.message(),
                  "'some/redis@" + subject.str() + "' has more than 4096 referrers");
    }
}

TEST_F(Referrers, AreThoseUnderTheirTagWhereTheRegistryListsNone) {
    for (auto [status, type] :
         {std::pair{404, "application/json"}, {405, "text/plain"}, {200, "text/html"}}) {
        FakeServer server([&, status = status, type = type](const FakeRequest& request) {
            if (request.path.starts_with("/v2/some/redis/referrers/"))
                return reply(status, "<html>", fmt::format("Content-Type: {}\r\n", type));
            if (request.path == "/v2/some/redis/manifests/sha256-" + subject.hex())
                return reply(200, index_of({entry("1", "tagged")}), index_type);
            return reply(request.path == "/v2/" ? 200 : 404);
        });
        EXPECT_THAT(types(server.host()), testing::ElementsAre("tagged"));
    }
}

TEST_F(Referrers, AreNoneWhereThereIsNeither) {
    FakeServer server(
        [](const FakeRequest& request) { return reply(request.path == "/v2/" ? 200 : 404); });
    EXPECT_TRUE(types(server.host()).empty());
}

TEST_F(Referrers, ArePutIntoNoTagWhereTheRegistryTakesNoteOfTheSubject) {
    FakeServer server([&](const FakeRequest& request) {
        if (request.path == "/v2/")
            return reply(200);
        if (request.path.ends_with("/blobs/uploads/"))
            return reply(202, "", "Location: /upload\r\n");
        return reply(201, "", "OCI-Subject: " + subject.str() + "\r\n");
    });
    Repository repository = at(server.host());
    push_referrer(repository, referrer(repository, "signature"));
    for (const FakeRequest& request : server.requests())
        EXPECT_THAT(request.path, testing::Not(HasSubstr("manifests/sha256-")));
}

TEST_F(Referrers, AreAddedUnderTheirTagInARealRegistryWithoutTheApi) {
    if (!find_program("docker-registry"))
        GTEST_SKIP() << "docker-registry is not installed";
    TempDir temporary;
    test::RegistryServer server(temporary.path());
    Repository repository = at(server.host());
    Descriptor first = push_referrer(repository, referrer(repository, "sbom"));
    push_referrer(repository, referrer(repository, "signature"));
    push_referrer(repository, referrer(repository, "signature"));
    EXPECT_THAT(types(server.host()), testing::ElementsAre("sbom", "signature"));
    auto found = referrers_of(repository, subject, "sbom");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0], first);
    EXPECT_EQ(found[0].annotation("a"), "b");
    auto manifest = repository.document(found[0].digest.str());
    ASSERT_TRUE(manifest);
    EXPECT_EQ(Manifest::parse(manifest->text, "it").subject->digest, subject);
}

TEST_F(Referrers, TagHasTheLengthATagMayHave) {
    EXPECT_EQ(referrers_tag(subject), "sha256-" + subject.hex());
    Digest longer = Digest::of("x", HashAlgorithm::sha512);
    EXPECT_EQ(referrers_tag(longer), "sha512-" + longer.hex().substr(0, 64));
}

} // namespace
} // namespace coracle
