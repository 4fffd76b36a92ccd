// SPDX-License-Identifier: Apache-2.0
#include "oci/manifest.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "oci/media_types.h"

namespace coracle {
namespace {

const std::string hex(64, 'a');

std::string descriptor(const std::string& type, const std::string& more = "") {
    return R"({"mediaType":")" + type + R"(","digest":"sha256:)" + hex + R"(","size":7)" + more +
           "}";
}

const std::string config = descriptor(std::string(media_type::oci_config));
const std::string layer = descriptor(std::string(media_type::oci_layer_gzip));

std::string refusal(const std::string& text, const std::string& type = "") {
    try {
        parse_manifest_or_index(text, type, "manifest of x");
    } catch (const Error& error) {
        return error.message();
    }
    return "accepted";
}

TEST(Manifest, IsReadAndWrittenTheSame) {
    Manifest manifest = Manifest::parse(
        R"({"schemaVersion":2,"config":)" + config + R"(,"layers":[)" + layer + "," + layer +
            R"(],"annotations":{"b":"2","a":"1"},"artifactType":"t","subject":)" + config + "}",
        "x");
    EXPECT_EQ(manifest.media_type, media_type::oci_manifest);
    EXPECT_EQ(manifest.config.digest.hex(), hex);
    EXPECT_EQ(manifest.layers.size(), 2u);
    EXPECT_EQ(manifest.annotations.at("a"), "1");
    EXPECT_EQ(manifest.artifact_type, "t");
    EXPECT_TRUE(manifest.subject);
    EXPECT_EQ(manifest.content_size(), 21u);
    EXPECT_EQ(Manifest::parse(manifest.str(), "x").str(), manifest.str());
}

TEST(Index, KnowsPlatforms) {
    Index index = Index::parse(
        R"({"schemaVersion":2,"manifests":[)" +
            descriptor(std::string(media_type::oci_manifest),
                       R"(,"platform":{"os":"linux","architecture":"arm64","variant":"v8"})") +
            "]}",
        "x");
    ASSERT_EQ(index.manifests.size(), 1u);
    EXPECT_EQ(index.manifests[0].platform->str(), "linux/arm64");
    EXPECT_EQ(Index::parse(index.str(), "x").str(), index.str());
}

TEST(Manifest, ThatIsAnIndexTooIsRefused) {
    EXPECT_EQ(
        refusal(R"({"schemaVersion":2,"config":)" + config + R"(,"layers":[],"manifests":[]})"),
        "manifest of x is a manifest and an index at once");
    EXPECT_EQ(refusal(R"({"schemaVersion":2,"layers":[],"manifests":[]})"),
              "manifest of x is a manifest and an index at once");
}

TEST(Manifest, ThatSaysItIsSomethingElseIsRefused) {
    EXPECT_EQ(refusal(R"({"schemaVersion":2,"mediaType":")" + std::string(media_type::oci_index) +
                      R"(","config":)" + config + R"(,"layers":[]})"),
              "manifest of x says it is 'application/vnd.oci.image.index.v1+json', but has the "
              "content of an image manifest");
    EXPECT_EQ(
        refusal(R"({"schemaVersion":2,"manifests":[]})", std::string(media_type::oci_manifest)),
        "manifest of x is said to be 'application/vnd.oci.image.manifest.v1+json', but has the "
        "content of an image index");
    EXPECT_EQ(refusal(R"({"schemaVersion":2,"manifests":[]})", "text/html"),
              "manifest of x is said to be 'text/html', which is neither an image manifest nor an "
              "index");
}

TEST(Manifest, OfSchemaOneIsRefused) {
    const std::string cause =
        "manifest of x is an image manifest of schema 1, which is obsolete and not supported";
    EXPECT_EQ(refusal(R"({"schemaVersion":1,"name":"x","fsLayers":[]})"), cause);
    EXPECT_EQ(refusal("{}", std::string(media_type::docker_schema1_signed)), cause);
    EXPECT_EQ(refusal(R"({"schemaVersion":2,"fsLayers":[]})"), cause);
}

TEST(Manifest, ThatIsMalformedIsRefused) {
    EXPECT_EQ(refusal("<html>").substr(0, 33), "manifest of x is not valid JSON: ");
    EXPECT_EQ(refusal("[]"), "manifest of x is not a JSON object");
    EXPECT_EQ(refusal("{}"), "manifest of x: 'schemaVersion' is not 2");
    EXPECT_EQ(refusal(R"({"schemaVersion":2})"),
              "manifest of x is neither an image manifest nor an index");
    EXPECT_EQ(refusal(R"({"schemaVersion":2,"layers":[]})"), "manifest of x: 'config' is missing");
    EXPECT_EQ(refusal(R"({"schemaVersion":2,"config":)" + config + R"(,"layers":{}})"),
              "manifest of x: 'layers' is not a list");
    EXPECT_EQ(refusal(R"({"schemaVersion":2,"config":)" + config + R"(,"layers":[{"size":-1}]})"),
              "layers[0] in manifest of x: 'size' is not a whole number of 0 or more");
    EXPECT_EQ(refusal(R"({"schemaVersion":2,"manifests":[{"mediaType":"a","size":1}]})"),
              "manifests[0] in manifest of x: 'digest' is missing");
    EXPECT_EQ(
        refusal(
            R"({"schemaVersion":2,"manifests":[{"mediaType":"a","digest":"sha256:../x","size":1}]})"),
        "'sha256:../x' is not a digest: its hash is not lower-case hexadecimal");
    EXPECT_EQ(refusal(R"({"schemaVersion":2,"manifests":[{"mediaType":"a","digest":"sha256:)" +
                      hex + R"(","size":9223372036854775807}]})"),
              "manifests[0] in manifest of x: 'size' is 9223372036854775807, which cannot be");
}

TEST(Manifest, WithTheSameKeyTwiceIsRefused) {
    EXPECT_EQ(refusal(R"({"schemaVersion":2,"manifests":[],"manifests":[]})"),
              "manifest of x has the key 'manifests' twice in one object");
}

TEST(Manifest, ThatIsHugeOrDeepIsRefused) {
    EXPECT_EQ(refusal(std::string((4 << 20) + 1, ' ')), "manifest of x is larger than 4.0 MiB");
    EXPECT_EQ(refusal(std::string(100'000, '[')),
              "manifest of x is nested more than 64 levels deep");
    std::string many;
    for (int i = 0; i < 1025; ++i)
        many += (i ? "," : "") + layer;
    EXPECT_EQ(refusal(R"({"schemaVersion":2,"config":)" + config + R"(,"layers":[)" + many + "]}"),
              "manifest of x has 1025 layers; the limit is 1024");
}

} // namespace
} // namespace coracle
