// SPDX-License-Identifier: Apache-2.0
#include "archive/tree.h"

#include <gtest/gtest.h>

#include "archive/test_tar.h"
#include "base/error.h"
#include "base/file.h"

namespace coracle {
namespace {

using test::TarText;

Tree tree_of(const std::vector<std::string>& archives) {
    Tree tree;
    for (const auto& text : archives) {
        MemorySource source(text);
        TarReader tar(source);
        EntrySpool spool(unnamed_file());
        copy(tar, spool);
        spool.finish();
        tree.take(std::move(spool));
    }
    return tree;
}

uint32_t node_at(const Tree& tree, const char* path) {
    auto found = tree.find(TreePath(path));
    EXPECT_TRUE(found) << path;
    return found.value_or(0);
}

std::string content_at(const Tree& tree, const char* path) {
    FileSource content = tree.content(node_at(tree, path));
    return read_all(content);
}

std::string error_of(const std::string& archive) {
    try {
        tree_of({archive});
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(Tree, KeepsWhatIsInADirectoryThatComesAgain) {
    Tree tree = tree_of({TarText().directory("etc").file("etc/a", "1").str(),
                         TarText().directory("etc").file("etc/b", "2").str()});
    EXPECT_EQ(tree.at(node_at(tree, "etc")).children.size(), 2u);
    EXPECT_EQ(content_at(tree, "etc/a"), "1");
    EXPECT_EQ(content_at(tree, "etc/b"), "2");
}

TEST(Tree, TakesTheLaterOfTwo) {
    Tree tree = tree_of({TarText().file("a", "old").directory("d").file("d/x").str(),
                         TarText().file("a", "new!").file("d", "no directory now").str()});
    EXPECT_EQ(content_at(tree, "a"), "new!");
    EXPECT_EQ(content_at(tree, "d"), "no directory now");
    EXPECT_EQ(tree.at(Tree::root).children.size(), 2u);
}

TEST(Tree, CountsTheNamesOfAFile) {
    Tree tree =
        tree_of({TarText().file("a", "text").hard_link("b", "a").hard_link("c", "b").str()});
    EXPECT_EQ(node_at(tree, "c"), node_at(tree, "a"));
    EXPECT_EQ(tree.at(node_at(tree, "a")).names, 3u);
    Tree later = tree_of(
        {TarText().file("a", "text").hard_link("b", "a").str(), TarText().file("b", "own").str()});
    EXPECT_EQ(later.at(node_at(later, "a")).names, 1u);
    EXPECT_EQ(content_at(later, "a"), "text");
    EXPECT_EQ(content_at(later, "b"), "own");
}

/// A file that says where it is.
class PlacedSource : public FileSource {
public:
    explicit PlacedSource(int fd) : FileSource(fd, "archive"), fd_(fd) {}
    size_t read(std::span<char> buffer) override {
        size_t count = FileSource::read(buffer);
        at_ += count;
        return count;
    }
    std::optional<FilePlace> place() const override { return FilePlace{fd_, at_}; }

private:
    int fd_;
    uint64_t at_ = 0;
};

TEST(Tree, FindsContentWhereItLayInItsArchive) {
    std::string large;
    for (int i = 0; large.size() < 300'000; ++i)
        large += std::to_string(i);
    std::string exact(16 << 10, 'e');
    EntrySpool spool(unnamed_file());
    {
        Fd file = unnamed_file();
        write_all(file.get(),
                  TarText()
                      .file("small", "s")
                      .file("large", large)
                      .file("exact", exact)
                      .file("last", "l")
                      .str(),
                  "archive");
        PlacedSource source(file.get());
        TarReader reader(source);
        copy(reader, spool);
        spool.finish();
    } // the archive's descriptor is closed
    EXPECT_EQ(spool.bytes(), large.size() + exact.size() + 2);
    Tree tree;
    tree.take(std::move(spool));
    EXPECT_EQ(content_at(tree, "small"), "s");
    EXPECT_EQ(content_at(tree, "large"), large);
    EXPECT_EQ(content_at(tree, "exact"), exact);
    EXPECT_EQ(content_at(tree, "last"), "l");
}

TEST(Tree, LinksAFileToItself) {
    Tree tree = tree_of({TarText().file("a", "text").hard_link("a", "a").str()});
    EXPECT_EQ(tree.at(node_at(tree, "a")).names, 1u);
}

TEST(Tree, MakesMissingParents) {
    Tree tree = tree_of({TarText().file("a/b/c", "x").str()});
    EXPECT_EQ(tree.at(node_at(tree, "a/b")).mode, 0755u);
    EXPECT_EQ(content_at(tree, "a/b/c"), "x");
}

TEST(Tree, FollowsSymlinksInsideTheRootOnly) {
    Tree tree = tree_of({TarText()
                             .directory("usr")
                             .directory("usr/lib")
                             .symlink("lib", "usr/lib")
                             .symlink("out", "../../../usr/lib")
                             .symlink("abs", "/usr")
                             .file("lib/a", "1")
                             .file("out/b", "2")
                             .file("abs/lib/c", "3")
                             .str()});
    EXPECT_EQ(content_at(tree, "usr/lib/a"), "1");
    EXPECT_EQ(content_at(tree, "usr/lib/b"), "2");
    EXPECT_EQ(content_at(tree, "usr/lib/c"), "3");
    EXPECT_EQ(tree.at(node_at(tree, "lib")).type, EntryType::symlink);
}

TEST(Tree, RefusesWhatCannotBeUnpacked) {
    EXPECT_EQ(error_of(TarText().symlink("a", "b").symlink("b", "a").file("a/x").str()),
              "too many symlinks on the way to 'a'");
    EXPECT_EQ(error_of(TarText().file("a").file("a/x").str()),
              "'a' has to be a directory and is none");
    EXPECT_EQ(error_of(TarText().hard_link("a", "b").str()),
              "the hard link 'a' refers to 'b', which is no file here");
    EXPECT_EQ(error_of(TarText().directory("d").hard_link("a", "d").str()),
              "the hard link 'a' refers to 'd', which is no file here");
}

TEST(Tree, HasTheRootThatAnEntryDescribes) {
    Tree tree = tree_of({TarText()
                             .add("./", '5', "",
                                  [](UstarHeader& header) {
                                      TarText::put(header.mode, "0000700");
                                      TarText::put(header.mtime, "00000000077");
                                  })
                             .str()});
    EXPECT_EQ(tree.at(Tree::root).mode, 0700u);
    EXPECT_EQ(tree.at(Tree::root).mtime, 077);
}

} // namespace
} // namespace coracle
