// SPDX-License-Identifier: Apache-2.0
#include "image/overlay.h"

#include <gtest/gtest.h>

#include "image/test_overlay.h"

namespace coracle {
namespace {

using test::Layered;
using test::order_fault;
using test::overlay_error;
using test::TarText;

std::string tree(std::vector<std::string> layers) {
    Layered layered(std::move(layers));
    EXPECT_EQ(order_fault(layered.entries()), "");
    return layered.str();
}

TEST(Overlay, KeepsTheOrderOfALayer) {
    EXPECT_EQ(tree({TarText().directory("z/").file("z/1", "1").file("a", "2").str()}),
              "z/\nz/1=1\na=2\n");
}

TEST(Overlay, TakesTheUppermostOfEachName) {
    EXPECT_EQ(tree({TarText().file("a", "low").file("b", "low").str(),
                    TarText().file("b", "high").file("c", "high").str()}),
              "a=low\nb=high\nc=high\n");
}

TEST(Overlay, MakesDirectoriesThatNoLayerBrings) {
    Layered layered({TarText().file("a/b/c", "x").str()});
    EXPECT_EQ(layered.str(), "a/\na/b/\na/b/c=x\n");
    EXPECT_EQ(layered.find("a/b")->mode, 0755u);
}

TEST(Overlay, WhiteoutsHideWhatLiesBelow) {
    EXPECT_EQ(tree({TarText().directory("d/").file("d/a", "1").file("d/b", "2").file("e").str(),
                    TarText().file("d/.wh.a").file(".wh.e").file(".wh.never").str()}),
              "d/\nd/b=2\n");
    EXPECT_EQ(
        tree({TarText().directory("d/").file("d/a", "1").str(), TarText().file(".wh.d").str()}),
        "");
}

TEST(Overlay, AWhiteoutNeverHidesItsOwnLayer) {
    auto below = TarText().file("a", "old").str();
    EXPECT_EQ(tree({below, TarText().file("a", "new").file(".wh.a").str()}), "a=new\n");
    EXPECT_EQ(tree({below, TarText().file(".wh.a").file("a", "new").str()}), "a=new\n");
}

TEST(Overlay, AnOpaqueDirectoryHidesWhatLiesBelowButNotItsSiblings) {
    auto below = TarText().directory("d/").file("d/old", "1").directory("d/s/").file("d/s/o").str();
    for (const auto& above :
         {TarText().directory("d/").file("d/.wh..wh..opq").file("d/new", "2").str(),
          TarText().directory("d/").file("d/new", "2").file("d/.wh..wh..opq").str()})
        EXPECT_EQ(tree({below, above}), "d/\nd/new=2\n");
}

TEST(Overlay, AnOpaqueRootHidesAll) {
    EXPECT_EQ(tree({TarText().directory("d/").file("d/a").file("b").str(),
                    TarText().file(".wh..wh..opq").file("c", "1").str()}),
              "c=1\n");
}

TEST(Overlay, WhatAufsLeftBehindIsIgnored) {
    EXPECT_EQ(tree({TarText()
                        .directory(".wh..wh.plnk")
                        .file(".wh..wh.plnk/1")
                        .file(".wh..wh.aufs")
                        .file("a", "1")
                        .str()}),
              "a=1\n");
}

TEST(Overlay, WhiteoutsFollowASymlinkedParent) {
    EXPECT_EQ(tree({TarText()
                        .directory("usr/")
                        .directory("usr/lib/")
                        .file("usr/lib/a", "1")
                        .file("usr/lib/b", "2")
                        .symlink("lib", "usr/lib")
                        .str(),
                    TarText().file("lib/.wh.a").str()}),
              "usr/\nusr/lib/\nusr/lib/b=2\nlib -> usr/lib\n");
}

TEST(Overlay, NamesFollowSymlinksInsideTheTree) {
    auto below = TarText()
                     .directory("run/")
                     .directory("var/")
                     .symlink("var/run", "/run")
                     .symlink("up", "../../../../run")
                     .str();
    EXPECT_EQ(tree({below, TarText().file("var/run/pid", "1").file("up/other", "2").str()}),
              "run/\nvar/\nvar/run -> /run\nup -> ../../../../run\nrun/pid=1\nrun/other=2\n");
}

TEST(Overlay, ALinkThatChangesInTheMiddleLeadsElsewhereFromThenOn) {
    EXPECT_EQ(tree({TarText()
                        .directory("a/")
                        .directory("b/")
                        .symlink("l", "a")
                        .file("l/1", "1")
                        .symlink("l", "b")
                        .file("l/2", "2")
                        .str()}),
              "a/\nb/\na/1=1\nl -> b\nb/2=2\n");
}

TEST(Overlay, KindsMayChange) {
    auto directory = TarText().directory("x/").file("x/below", "1").str();
    auto file = TarText().file("x", "2").str();
    auto link = TarText().symlink("x", "y").str();
    EXPECT_EQ(tree({directory, file}), "x=2\n");
    EXPECT_EQ(tree({directory, link}), "x -> y\n");
    EXPECT_EQ(tree({file, directory}), "x/\nx/below=1\n");
    EXPECT_EQ(tree({link, directory}), "x/\nx/below=1\n");
    EXPECT_EQ(tree({link, file}), "x=2\n");
}

TEST(Overlay, ADirectoryThatComesAgainKeepsWhatIsInIt) {
    Layered layered(
        {TarText().directory("d/").file("d/a", "1").str(),
         TarText()
             .add("d/", '5', {}, [](UstarHeader& h) { TarText::put(h.mode, "0000700"); })
             .str()});
    EXPECT_EQ(layered.str(), "d/\nd/a=1\n");
    EXPECT_EQ(layered.find("d")->mode, 0700u); // as the upper layer has it, and before the file
}

TEST(Overlay, DuplicatesInALayerAreAsIfUnpackedInOrder) {
    EXPECT_EQ(tree({TarText().file("a", "1").file("b", "x").file("a", "2").str()}), "b=x\na=2\n");
}

TEST(Overlay, HardLinksWithinALayer) {
    Layered layered({TarText().file("a", "1").hard_link("b", "a").hard_link("c", "/b").str()});
    EXPECT_EQ(layered.str(), "a=1\nb => a\nc => a\n");
    for (const auto& read : layered.entries())
        EXPECT_EQ(read.entry.link_count, 3u);
}

TEST(Overlay, AHardLinkAcrossLayersStandsBesideItsFile) {
    EXPECT_EQ(tree({TarText().file("a", "1").str(), TarText().hard_link("d/b", "a").str()}),
              "a=1\nd/\nd/b => a\n");
}

TEST(Overlay, AHardLinkKeepsTheContentOfATargetThatIsHiddenLater) {
    auto linked = TarText().file("a", "1").hard_link("b", "a").hard_link("c", "a").str();
    EXPECT_EQ(tree({linked, TarText().file(".wh.a").str()}), "b=1\nc => b\n");
    EXPECT_EQ(tree({linked, TarText().file("a", "2").str()}), "b=1\nc => b\na=2\n");
    Layered alone(
        {TarText().file("a", "1").hard_link("b", "a").str(), TarText().file(".wh.a").str()});
    EXPECT_EQ(alone.find("b")->link_count, 1u);
    // Also within a layer, as GNU tar appends.
    EXPECT_EQ(tree({TarText().file("a", "1").hard_link("b", "a").file("a", "2").str()}),
              "b=1\na=2\n");
}

TEST(Overlay, AHardLinkToASymlinkIsASymlinkLikeIt) {
    EXPECT_EQ(tree({TarText().symlink("a", "t").hard_link("b", "a").str()}), "a -> t\nb -> t\n");
}

TEST(Overlay, AHardLinksTargetIsFoundBehindSymlinks) {
    EXPECT_EQ(tree({TarText()
                        .directory("d/")
                        .file("d/a", "1")
                        .symlink("l", "d")
                        .hard_link("b", "l/a")
                        .str()}),
              "d/\nd/a=1\nb => d/a\nl -> d\n");
}

TEST(Overlay, ContainsAndRemoveFollowLinks) {
    Overlay overlay;
    auto text = TarText().directory("d/").file("d/a").symlink("l", "d").str();
    MemorySource source(text);
    TarReader tar(source);
    overlay.add_layer(read_headers(tar));
    EXPECT_TRUE(overlay.contains(TreePath("l/a")));
    EXPECT_TRUE(overlay.contains(TreePath("l")));
    EXPECT_FALSE(overlay.contains(TreePath("l/b")));
    overlay.remove(TreePath("l/a"));
    EXPECT_FALSE(overlay.contains(TreePath("d/a")));
    overlay.remove(TreePath("l"));
    EXPECT_TRUE(overlay.contains(TreePath("d")));
}

TEST(Overlay, WithoutWhiteoutsTheirNamesAreNamesLikeOthers) {
    Overlay overlay;
    Entry entry;
    entry.path = TreePath(".wh.a");
    overlay.add_layer({entry}, Overlay::Whiteouts::none);
    EXPECT_TRUE(overlay.contains(TreePath(".wh.a")));
}

TEST(OverlaySource, NoticesALayerThatChanged) {
    std::string before = TarText().file("a", "1").file("b", "2").str();
    std::string after = TarText().file("a", "1").str();
    Overlay overlay;
    MemorySource one(before), two(after);
    TarReader first(one), second(two);
    overlay.add_layer(read_headers(first));
    auto steps = overlay.finish();
    OverlaySource merged(second, steps[0]);
    merged.next();
    EXPECT_THROW(merged.next(), Error);
}

} // namespace
} // namespace coracle
