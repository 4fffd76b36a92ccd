// SPDX-License-Identifier: Apache-2.0
// Layers that try to write where they should not, to smuggle, or to use up what there is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/test_overlay.h"

namespace coracle {
namespace {

using test::Layered;
using test::overlay_error;
using test::TarText;
using testing::HasSubstr;

TEST(HostileLayer, AWriteThroughASymlinkStaysInTheTree) {
    EXPECT_EQ(
        Layered({TarText().symlink("etc", "/../../../host/etc").file("etc/passwd", "x").str()})
            .str(),
        "etc -> /../../../host/etc\nhost/\nhost/etc/\nhost/etc/passwd=x\n");
}

TEST(HostileLayer, AWriteThroughAChainOfSymlinksStaysInTheTree) {
    EXPECT_EQ(Layered({TarText()
                           .symlink("a", ".")
                           .symlink("b", "a/..")
                           .symlink("c", "b/../..")
                           .file("c/f", "x")
                           .str()})
                  .find("f")
                  ->size,
              1u);
}

TEST(HostileLayer, SymlinksInACircle) {
    EXPECT_EQ(overlay_error({TarText().symlink("a", "b").symlink("b", "a").file("a/f").str()}),
              "too many symbolic links on the way to 'a'");
    EXPECT_EQ(overlay_error({TarText().symlink("a", "a/a").file("a/f").str()}),
              "too many symbolic links on the way to 'a'");
}

TEST(HostileLayer, SymlinksThatGrowOverThePathLimit) {
    std::string part(200, 'p');
    TarText tar;
    tar.symlink("l0", part);
    for (int i = 1; i < 30; ++i)
        tar.symlink(fmt::format("{}/l{}", part, i), part);
    std::string path = "l0";
    for (int i = 0; i < 30; ++i)
        path += "/" + std::string(150, 'q');
    EXPECT_NE(overlay_error({tar.pax({{"path", path}}).file("x").str()}), "");
}

TEST(HostileLayer, HardLinksToNothing) {
    EXPECT_EQ(overlay_error({TarText().hard_link("x", "etc/shadow").str()}),
              "the hard link 'x' has no target 'etc/shadow'");
    EXPECT_EQ(overlay_error({TarText().symlink("l", "/").hard_link("x", "l/etc/shadow").str()}),
              "the hard link 'x' has no target 'l/etc/shadow'");
    EXPECT_EQ(overlay_error({TarText().hard_link("x", "/").str()}),
              "the hard link 'x' has no target ''");
}

TEST(HostileLayer, HardLinksToThemselvesAndToDirectories) {
    EXPECT_EQ(overlay_error({TarText().file("x").hard_link("x", "x").str()}),
              "the hard link 'x' points to itself");
    EXPECT_EQ(overlay_error({TarText().directory("d/").hard_link("x", "d").str()}),
              "the hard link 'x' points to the directory 'd'");
}

TEST(HostileLayer, NamesBelowWhatIsNoDirectory) {
    EXPECT_EQ(overlay_error({TarText().file("f").file("f/g").str()}),
              "'f/g' lies below 'f', which is not a directory");
    EXPECT_EQ(overlay_error({TarText().device("f", 1, 3).str(), TarText().file("f/g/h").str()}),
              "'f/g/h' lies below 'f', which is not a directory");
}

TEST(HostileLayer, ADirectoryReplacedByASymlinkInTheMiddle) {
    // Unpacked in order, the second file would land where the link points.
    EXPECT_EQ(Layered({TarText()
                           .directory("d/")
                           .file("d/a", "1")
                           .symlink("d", "/etc")
                           .file("d/b", "2")
                           .str()})
                  .str(),
              "d -> /etc\netc/\netc/b=2\n");
}

TEST(HostileLayer, NamesThatDifferInCaseOrUnicodeFormAreDifferentNames) {
    EXPECT_EQ(Layered({TarText()
                           .directory("D/")
                           .symlink("d", "/etc")
                           .file("D/a", "1")
                           .file("caf\xc3\xa9", "2")
                           .file("cafe\xcc\x81", "3")
                           .str()})
                  .str(),
              "D/\nd -> /etc\nD/a=1\ncaf\xc3\xa9=2\ncafe\xcc\x81=3\n");
}

TEST(HostileLayer, WhiteoutsThatNameNothing) {
    EXPECT_EQ(overlay_error({TarText().file("d/.wh.").str()}),
              "the whiteout 'd/.wh.' names nothing");
    EXPECT_EQ(overlay_error({TarText().file(".wh..").str()}), "the whiteout '.wh..' names nothing");
    EXPECT_EQ(overlay_error({TarText().file(".wh...").str()}),
              "the whiteout '.wh...' names nothing");
    EXPECT_EQ(overlay_error({TarText().file(".wh.a/b").str()}), "'.wh.a/b' lies below a whiteout");
}

TEST(HostileLayer, AWhiteoutThroughALinkStaysInTheTree) {
    EXPECT_EQ(Layered({TarText().directory("etc/").file("etc/a", "1").symlink("l", "/../etc").str(),
                       TarText().file("l/.wh.a").str()})
                  .str(),
              "etc/\nl -> /../etc\n");
}

TEST(HostileLayer, AWhiteoutNameSmuggledThroughALink) {
    EXPECT_EQ(overlay_error({TarText().symlink("l", ".wh.etc").file("l/f").str()}),
              "'l/f' leads to '.wh.etc', a name for whiteouts");
}

TEST(HostileLayer, OverlayXattrsAndWhiteoutDevices) {
    Layered layered({TarText()
                         .pax({{"SCHILY.xattr.trusted.overlay.opaque", "y"},
                               {"SCHILY.xattr.user.overlay.redirect", "/etc"},
                               {"SCHILY.xattr.user.kept", "1"}})
                         .directory("d/")
                         .str()});
    EXPECT_EQ(layered.find("d")->xattrs, (std::map<std::string, std::string>{{"user.kept", "1"}}));
    EXPECT_EQ(overlay_error({TarText().device("f", 0, 0).str()}),
              "'f' is the device 0:0, which overlay file systems take for a whiteout");
}

TEST(HostileLayer, PathsThatMakeManyDirectories) {
    // Some kilobytes of names ask for thousands of directories with long names each.
    TarText tar;
    for (int i = 0; i < 20; ++i) {
        std::string path = fmt::format("{}", i);
        while (path.size() < 4000)
            path += "/a";
        tar.pax({{"path", path}}).file("x");
    }
    EXPECT_EQ(overlay_error({tar.str()}, {.entries = 10'000}),
              "the tree has more than the allowed 10000 entries");
    EXPECT_EQ(overlay_error({tar.str()}, {.header_bytes = 1 << 20}),
              "the names and attributes in the tree have more than the allowed 1048576 bytes");
}

TEST(HostileLayer, AttributesAndHardLinksAreCountedToo) {
    TarText attributes, links;
    links.file("f");
    for (int i = 0; i < 20; ++i) {
        attributes.pax({{"SCHILY.xattr.user.x", std::string(10'000, 'x')}}).file("f");
        links.hard_link(fmt::format("l{}", i), "f");
    }
    EXPECT_THAT(overlay_error({attributes.str()}, {.header_bytes = 100'000}),
                HasSubstr("more than the allowed 100000 bytes"));
    EXPECT_EQ(overlay_error({links.str()}, {.entries = 10}),
              "the tree has more than the allowed 10 entries");
}

TEST(HostileLayer, LayersThatReplaceEachOtherAreCountedToo) {
    std::vector<std::string> layers(20, TarText().file("f", "x").str());
    EXPECT_EQ(overlay_error(layers, {.entries = 10}),
              "the tree has more than the allowed 10 entries");
}

} // namespace
} // namespace coracle
