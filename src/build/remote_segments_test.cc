// SPDX-License-Identifier: Apache-2.0
#include "build/remote_segments.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "io/memory.h"
#include "oci/empty_config.h"
#include "registry/fake_server.h"

namespace coracle {
namespace {

using test::FakeRequest;
using test::FakeServer;
using test::reply;

/// Counts what it is warned of.
class Warnings : public Reporter {
public:
    void info(std::string_view) override {}
    void verbose(std::string_view) override {}
    void warning(std::string_view text) override { all.emplace_back(text); }
    uint64_t begin(std::string_view, uint64_t) override { return 0; }
    void advance(uint64_t, uint64_t) override {}
    void end(uint64_t, std::string_view) override {}
    void end_listed(uint64_t, std::string_view, bool) override {}
    std::vector<std::string> all;
};

/// A registry with one segment, "name", whose manifest says what a test wants it to say.
class RemoteSegmentsTest : public testing::Test {
protected:
    std::string serve(const FakeRequest& request) {
        if (request.path.find("/blobs/") != std::string::npos)
            return reply(200, blob);
        if (request.path.ends_with(segment_tag("name")))
            return reply(200, manifest.str(), "Content-Type: " + manifest.media_type + "\r\n");
        return reply(request.path == "/v2/" ? 200 : 404);
    }
    std::optional<SegmentFacts> find(const std::string& name = "name") {
        return segments.find(name, bytes);
    }

    std::string blob = "bytes of a segment";
    Manifest manifest{.media_type = std::string(media_type::oci_manifest),
                      .config = empty_config_descriptor(),
                      .layers = {{"x/y", Digest::of(blob), blob.size()}},
                      .annotations = {{"vnd.coracle.segment.name", "name"},
                                      {"vnd.coracle.segment.unpacked", "100"},
                                      {"vnd.coracle.segment.entries", "3"}},
                      .artifact_type = "application/vnd.coracle.segment.v1"};
    FakeServer server{[this](const FakeRequest& request) { return serve(request); }};
    Warnings warnings;
    RegistrySegments segments{{.repository = Reference::parse(server.host() + "/team/segments")},
                              warnings};
    StringSink bytes;
};

TEST_F(RemoteSegmentsTest, GivesBytesAndFacts) {
    auto facts = find();
    ASSERT_TRUE(facts);
    EXPECT_EQ(bytes.str(), blob);
    EXPECT_EQ(facts->size, blob.size());
    EXPECT_EQ(facts->unpacked, 100u);
    EXPECT_EQ(facts->entries, 3u);
    EXPECT_FALSE(find("other"));
    EXPECT_TRUE(warnings.all.empty());
}

TEST_F(RemoteSegmentsTest, RefusesWhatIsDamagedAndGoesOn) {
    std::string right = std::exchange(blob, "bytes of a Segment");
    EXPECT_FALSE(find());
    ASSERT_EQ(warnings.all.size(), 1u);
    EXPECT_EQ(warnings.all[0],
              fmt::format("a segment in the remote cache '{}/team/segments' is not "
                          "used: it is damaged",
                          server.host()));
    blob = right;
    EXPECT_TRUE(find());
}

TEST_F(RemoteSegmentsTest, RefusesASegmentOfAnotherName) {
    manifest.annotations["vnd.coracle.segment.name"] = "other";
    EXPECT_FALSE(find());
    ASSERT_EQ(warnings.all.size(), 1u);
    EXPECT_NE(warnings.all[0].find("it is not what its tag says"), std::string::npos);
}

TEST_F(RemoteSegmentsTest, RefusesMoreThanASegmentCanBe) {
    manifest.layers[0].size = uint64_t{5} << 30;
    EXPECT_FALSE(find());
    ASSERT_EQ(warnings.all.size(), 1u);
    EXPECT_NE(warnings.all[0].find("it is said to have 5.0 GiB"), std::string::npos);
}

TEST(RemoteSegments, AreNotAskedAgainAfterAFailure) {
    FakeServer server(
        [](const FakeRequest& request) { return reply(request.path == "/v2/" ? 200 : 503); });
    Warnings warnings;
    RegistrySegments segments({.repository = Reference::parse(server.host() + "/a")}, warnings);
    StringSink bytes;
    EXPECT_FALSE(segments.find("one", bytes));
    auto asked = server.requests().size();
    EXPECT_FALSE(segments.find("two", bytes));
    EXPECT_EQ(server.requests().size(), asked);
    ASSERT_EQ(warnings.all.size(), 1u);
    EXPECT_EQ(warnings.all[0], fmt::format("the remote cache '{0}/a' is not used: registry '{0}' "
                                           "answers 503 for 'a'",
                                           server.host()));
}

TEST(RemoteSegments, SayWhatToTryWhenTheRegistryRefuses) {
    FakeServer server([](const FakeRequest&) { return reply(401); });
    Warnings warnings;
    RegistrySegments segments({.repository = Reference::parse(server.host() + "/a")}, warnings);
    StringSink bytes;
    EXPECT_FALSE(segments.find("one", bytes));
    ASSERT_EQ(warnings.all.size(), 1u);
    EXPECT_NE(warnings.all[0].find(" (try: docker login " + server.host()), std::string::npos)
        << warnings.all[0];
}

TEST(RemoteSegments, AreInARepository) {
    EXPECT_EQ(parse_remote_cache("localhost:5000/a/b").name(), "localhost:5000/a/b");
    EXPECT_THROW(parse_remote_cache("localhost:5000/a:1"), UsageError);
}

TEST(RemoteSegments, HaveATagThatIsOne) {
    EXPECT_EQ(segment_tag("a b/c").size(), 64u);
    EXPECT_NE(segment_tag("a"), segment_tag("b"));
}

} // namespace
} // namespace coracle
