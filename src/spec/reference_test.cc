// SPDX-License-Identifier: Apache-2.0
#include "spec/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/file.h"

using testing::HasSubstr;

TEST(Reference, ListsKeysWithTheirDefaults) {
    auto page = coracle::reference_page();
    EXPECT_THAT(page, HasSubstr("\n## image entry\n"));
    EXPECT_THAT(page, HasSubstr("| `oomScoreAdj` | a whole number | How soon it is killed when "
                                "memory runs out: the least from -1000. | 0 | `-800` |\n"));
    EXPECT_THAT(page,
                HasSubstr("| `restart` | a string | Whether a service that has ended is started "
                          "again. One of `always`, `on-failure`, `never`. In `services` only. "
                          "*An extension of Coracle.* | always | `on-failure` |\n"));
    EXPECT_THAT(page, HasSubstr("| `bindNS` | [bindNS](#bindns) |"));
}

TEST(Reference, IsThePageInDocs) {
    EXPECT_EQ(coracle::read_file("docs/yaml.md"), coracle::reference_page())
        << "make it anew: coracle schema --markdown > docs/yaml.md";
}

TEST(JsonSchema, IsStrictAndFollowsThePlace) {
    auto schema = nlohmann::json::parse(coracle::json_schema());
    EXPECT_EQ(schema["additionalProperties"], false);
    EXPECT_EQ(schema["properties"]["services"]["items"]["$ref"], "#/$defs/image-entry-of-services");
    const auto& service = schema["$defs"]["image-entry-of-services"];
    EXPECT_EQ(service["required"], nlohmann::json({"name", "image"}));
    EXPECT_TRUE(service["properties"].contains("restart"));
    EXPECT_FALSE(schema["$defs"]["image-entry-of-onboot"]["properties"].contains("restart"));
    EXPECT_EQ(service["properties"]["env"]["items"]["type"], "string");
    EXPECT_EQ(service["properties"]["oomScoreAdj"]["minimum"], -1000);
    EXPECT_EQ(service["properties"]["uid"]["type"], nlohmann::json({"string", "integer"}));
    EXPECT_EQ(schema["$defs"]["bindNS"]["properties"].size(), 7u);
}
