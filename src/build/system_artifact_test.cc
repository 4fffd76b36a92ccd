// SPDX-License-Identifier: Apache-2.0
#include "build/system_artifact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "oci/empty_config.h"

namespace coracle {
namespace {

using testing::ElementsAre;

Manifest system_of(const std::vector<std::string>& titles, const std::string& name = "os") {
    Manifest manifest{.media_type = std::string(media_type::oci_manifest),
                      .config = empty_config_descriptor(),
                      .annotations = {{annotation::system_name, name}},
                      .artifact_type = std::string(media_type::system)};
    for (const std::string& title : titles) {
        manifest.layers.push_back({"application/octet-stream", Digest::of(title), title.size()});
        manifest.layers.back().annotations[annotation::title] = title;
    }
    return manifest;
}

template <class Body>
std::string refusal(const Body& body) {
    try {
        body();
    } catch (const Error& error) {
        return error.message();
    }
    return "accepted";
}

std::string checked(const Manifest& manifest) {
    return refusal([&] { check_system(manifest, "x/os:1"); });
}

TEST(SystemArtifact, FindsAllFilesOfABuildByItsName) {
    TempDir here;
    for (const char* name :
         {"/os-kernel", "/os-initrd.img", "/os-cmdline", "/os-state", "/os2-kernel", "/os.yml"})
        write_file(here.path() + name, "");
    SystemFiles found = find_outputs({here / "os"});
    EXPECT_EQ(found.name, "os");
    EXPECT_THAT(found.paths,
                ElementsAre(here / "os-cmdline", here / "os-initrd.img", here / "os-kernel"));
}

TEST(SystemArtifact, TakesTheNameOfABuildFromItsFile) {
    TempDir here;
    for (const char* name : {"/os-efi.img", "/other"})
        write_file(here.path() + name, "");
    EXPECT_EQ(find_outputs({here / "os-efi.img"}).name, "os");
    EXPECT_EQ(find_outputs({here / "other"}).name, "other");
}

TEST(SystemArtifact, RefusesTwoFilesOfOneName) {
    TempDir here;
    make_directories(here / "a");
    make_directories(here / "b");
    write_file(here / "a/os.iso", "");
    write_file(here / "b/os.iso", "");
    EXPECT_EQ(
        refusal([&] { find_outputs({here / "a/os.iso", here / "b/os"}); }),
        fmt::format("'{}' and '{}' have the same name", here / "a/os.iso", here / "b/os.iso"));
}

TEST(SystemArtifact, KnowsFilesByTheirEndings) {
    EXPECT_EQ(output_media_type("os-kernel"), "application/vnd.coracle.kernel.v1");
    EXPECT_EQ(output_media_type("os-root-initrd.img"), "application/vnd.coracle.initrd.v1");
    EXPECT_EQ(output_media_type("os-efi.img"), "application/x-raw-disk-image");
    EXPECT_EQ(output_media_type("os.img.tar.gz"), "application/gzip");
    EXPECT_EQ(output_media_type("os"), "application/octet-stream");
}

TEST(SystemArtifact, RefusesTitlesThatAreNoNamesOfFiles) {
    EXPECT_EQ(checked(system_of({"os-kernel", "os.iso"})), "accepted");
    for (const char* title : {"", ".", "..", "../a", "/a", "a/b", ".profile", "a\nb"})
        EXPECT_THAT(checked(system_of({title})), testing::HasSubstr("which is no name of a file"));
    EXPECT_EQ(checked(system_of({"a", "a"})), "'x/os:1' has two files 'a'");
    EXPECT_EQ(checked(system_of({})), "'x/os:1' has 0 files; a built system has 1 to 64");
    EXPECT_EQ(checked(system_of(std::vector<std::string>(65, "a"))),
              "'x/os:1' has 65 files; a built system has 1 to 64");
}

TEST(SystemArtifact, RefusesOtherArtifactsAndImages) {
    Manifest other = system_of({"a"});
    other.artifact_type = "application/x";
    EXPECT_EQ(checked(other),
              "'x/os:1' is an artifact of type 'application/x', not a built system");
    other.artifact_type = "";
    EXPECT_EQ(checked(other), "'x/os:1' is an image, not a built system");
}

TEST(SystemArtifact, FilesCanHaveAnotherName) {
    Manifest manifest = system_of({"os-kernel", "os.iso", "else"});
    EXPECT_THAT(file_names(manifest), ElementsAre("os-kernel", "os.iso", "else"));
    EXPECT_THAT(file_names(manifest, "web"), ElementsAre("web-kernel", "web.iso", "else"));
    EXPECT_EQ(refusal([&] { file_names(manifest, "../web"); }),
              "'../web-kernel' is no name of a file");
    EXPECT_EQ(refusal([] { file_names(system_of({"os-a", "b-a"}), "b"); }),
              "two files would be called 'b-a'");
}

} // namespace
} // namespace coracle
