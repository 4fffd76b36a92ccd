// SPDX-License-Identifier: Apache-2.0
#include "build/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace coracle {
namespace {

BuildResult sample() {
    BuildResult result;
    result.outputs = {{"out/os.tar", 3 << 20}};
    result.components = {
        {"init[0]", "init (init:1)", {2 << 20, 3 << 20, 7}, true, 0.01},
        {"init", "package database", {0, 0, 0}, false, 0},
        {"services[10]", "web (web:1)", {1 << 20, 1 << 20, 9}, false, 1.5},
    };
    Container web{"services[10]", "web", "docker.io/library/web:1", {}};
    web.config.capabilities = {"CAP_CHOWN", "CAP_KILL"};
    web.config.capabilities_of_label = {"CAP_KILL"};
    web.config.binds_of_label = {"/a:/b:rw,rbind,rshared", "/c:/c:ro,rbind"};
    web.config.devices_of_label = {"/dev/kvm"};
    result.containers = {{"onboot[0]", "plain", "docker.io/library/plain:1", {}}, web};
    result.seconds = 1.75;
    return result;
}

TEST(BuildSummary, TellsOfComponentsLabelsOutputsAndTotals) {
    EXPECT_EQ(summary_of(sample()),
              "  init[0]         2.0 MiB  kept   0.01 s  init (init:1)\n"
              "  services[10]    1.0 MiB  made   1.50 s  web (web:1)\n"
              "granted by the labels of images alone:\n"
              "  services[10] web: capabilities CAP_KILL; binds /a:/b /c:/c:ro,rbind; "
              "devices /dev/kvm\n"
              "out/os.tar  3.0 MiB\n"
              "4.0 MiB in all, 75 % of it kept from earlier builds, 1.75 s");
}

constexpr const char* component_json =
    R"j({"location":"services[10]","title":"web (web:1)","size":1048576,"unpacked":1048576,)j"
    R"j("entries":9,"kept":false,"fetched":false,"seconds":1.5})j";
constexpr const char* label_json =
    R"({"capabilities":["CAP_KILL"],"binds":["/a:/b:rw,rbind,rshared","/c:/c:ro,rbind"],)"
    R"("devices":["/dev/kvm"]})";

TEST(BuildSummary, IsCompleteAsJson) {
    auto json = summary_json(sample());
    EXPECT_EQ(json["outputs"].dump(), R"([{"path":"out/os.tar","size":3145728}])");
    EXPECT_EQ(json["components"].size(), 3u);
    EXPECT_EQ(json["components"][2].dump(), component_json);
    EXPECT_EQ(json["containers"][1]["label"].dump(), label_json);
    EXPECT_EQ(json["seconds"], 1.75);
    EXPECT_EQ(json["total"], 4 << 20);
    EXPECT_EQ(json["kept"], 3 << 20);
    EXPECT_EQ(json["fetched"], 0);
}

TEST(BuildSummary, TellsWhatIsFromOtherMachines) {
    BuildResult result = sample();
    result.components[2].reused = result.components[2].fetched = true;
    EXPECT_NE(summary_of(result).find("  1.0 MiB  fetched   1.50 s  web (web:1)\n"),
              std::string::npos)
        << summary_of(result);
    EXPECT_NE(summary_of(result).find("75 % of it kept from earlier builds, 25 % fetched, "),
              std::string::npos);
    EXPECT_EQ(summary_json(result)["fetched"], 1 << 20);
    EXPECT_EQ(summary_json(result)["kept"], 3 << 20);
}

TEST(LabelPrivileges, AreRefusedWithTheImageAndWhatItAsksFor) {
    EXPECT_NO_THROW(refuse_label_privileges({sample().containers[0]}));
    try {
        refuse_label_privileges(sample().containers);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message(),
                  "the label of image 'docker.io/library/web:1' grants services[10] 'web' "
                  "capabilities CAP_KILL; binds /a:/b /c:/c:ro,rbind; devices /dev/kvm");
        EXPECT_EQ(error.hint(),
                  "write what each may have into the YAML, or leave out --no-label-privileges");
    }
}

} // namespace
} // namespace coracle
