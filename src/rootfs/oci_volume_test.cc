// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/process.h"
#include "rootfs/test_system.h"

namespace coracle {
namespace {

using test::Recorder;
using test::System;
using test::TarText;
using testing::HasSubstr;

const char* const volume = "volumes: [{name: v, image: 'app:1', format: oci}]\n";
const std::string lower = "containers/volumes/v/lower/";

TEST(OciVolume, IsALayoutThatOtherToolsRead) {
    System system;
    system.image("app:1", {TarText().file("run", "A").str(), TarText().file("b").str()});
    Recorder all = system.record(volume);
    EXPECT_EQ(test::order_fault(all.headers()), "");
    ASSERT_NE(all.find(lower + "index.json"), nullptr);
    EXPECT_THAT(all.find(lower + "index.json")->content, HasSubstr("docker.io/library/app:1"));
    TempDir out;
    for (const auto& line : all.lines) {
        auto path = out / line.entry.path.str();
        line.entry.is_directory() ? make_directories(path) : write_file(path, line.content);
    }
    Store copy(out / lower, false);
    ASSERT_EQ(copy.names().size(), 1u);
    for (const auto& digest : copy.blobs())
        EXPECT_EQ(Digest::of(read_file(copy.path_of(digest))), digest);
    EXPECT_EQ(copy.blobs().size(), 5u); // index, manifest, configuration, two layers
    if (!find_program("skopeo"))
        GTEST_SKIP() << "no skopeo";
    EXPECT_THAT(run_checked({{"skopeo", "inspect", "--raw", "oci:" + out.path() + "/" + lower}}),
                HasSubstr("manifests"));
}

TEST(OciVolume, RefusesADamagedBlob) {
    System system;
    system.image("app:1", {TarText().file("run", "A").str()});
    for (const auto& digest : system.store.blobs()) {
        std::string path = system.store.path_of(digest);
        std::string bytes = read_file(path);
        if (bytes.size() == 2048 && bytes[512] == 'A') {
            bytes[512] = 'B';
            write_file(path, bytes);
        }
    }
    EXPECT_THAT(system.error_of(volume), HasSubstr("is damaged"));
}

TEST(OciVolume, SaysWhichPlatformIsMissing) {
    System system;
    system.image("app:1", {TarText().file("run", "A").str()});
    EXPECT_THAT(system.error_of("volumes: [{name: v, image: 'app:1', format: oci, "
                                "platforms: [linux/arm64]}]\n"),
                HasSubstr("has no linux/arm64"));
}

} // namespace
} // namespace coracle
