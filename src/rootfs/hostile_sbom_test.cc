// SPDX-License-Identifier: Apache-2.0
// Package databases and attached documents that try to break what is made of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rootfs/test_system.h"

namespace coracle {
namespace {

using test::System;
using test::TarText;
using testing::HasSubstr;

class HostileSbom : public testing::Test {
protected:
    HostileSbom() { system_.options.sbom_name = "sbom.json"; }

    /// An image with an attached in-toto statement.
    void attach(const std::string& statement) {
        auto image = test::put_image(system_.store, "linux/amd64", {TarText().file("a").str()});
        Manifest manifest{.media_type = std::string(media_type::oci_manifest),
                          .config = system_.store.put("{}", std::string(media_type::oci_config))};
        auto layer = system_.store.put(statement, std::string(media_type::in_toto));
        layer.annotations["in-toto.io/predicate-type"] = "https://spdx.dev/Document";
        manifest.layers.push_back(layer);
        auto attestation = system_.store.put(manifest.str(), manifest.media_type);
        attestation.platform = Platform::of("unknown", "unknown");
        attestation.annotations = {{annotation::reference_type, "attestation-manifest"},
                                   {annotation::reference_digest, image.digest.str()}};
        system_.store.tag(Reference::parse("i:1"),
                          test::put_index(system_.store, {image, attestation}));
    }

    System system_;
};

constexpr const char* yaml = "init: ['i:1']\n";

TEST_F(HostileSbom, NestedWithoutEnd) {
    attach(R"({"predicate":{"packages":[)" + std::string(500'000, '[') + std::string(500'000, ']') +
           "]}}");
    EXPECT_THAT(
        system_.error_of(yaml),
        HasSubstr("the SPDX attestation of image docker.io/library/i:1 is nested more than 64 "
                  "levels deep"));
}

TEST_F(HostileSbom, OfOtherShapesThanExpected) {
    for (const char* statement :
         {R"({"predicate":[]})", R"({"predicate":"x"})", R"({"predicate":{"packages":{}}})",
          R"({"predicate":{"packages":[1,null,[],{"SPDXID":7,"externalRefs":[3]}]}})",
          R"({"predicate":{"files":[{"fileName":"../../x"},{"fileName":{}}]}})"}) {
        attach(statement);
        for (auto format : {SbomFormat::spdx, SbomFormat::cyclonedx}) {
            system_.options.sbom_format = format;
            EXPECT_EQ(system_.error_of(yaml), "") << statement;
        }
    }
    attach("[]");
    EXPECT_THAT(system_.error_of(yaml), HasSubstr("is not an in-toto statement"));
}

TEST_F(HostileSbom, LargerThanAManifestMayBe) {
    attach(R"({"predicate":{"packages":[{"SPDXID":"SPDXRef-a","comment":")" +
           std::string(5 << 20, 'x') + R"("}]}})");
    EXPECT_EQ(system_.error_of(yaml), "");
}

TEST_F(HostileSbom, FromAPackageDatabaseThatIsNotUtf8) {
    system_.image("i:1",
                  {TarText().file("lib/apk/db/installed", "P:caf\xff\xc3\nV:1\x1b\n").str()});
    auto all = system_.record(yaml);
    auto document = nlohmann::json::parse(all.find("sbom.json")->content);
    EXPECT_EQ(document["packages"][1]["name"], "caf\xef\xbf\xbd\xef\xbf\xbd");
}

} // namespace
} // namespace coracle
