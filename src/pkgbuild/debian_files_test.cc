// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/debian_files.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "pkgbuild/test_deb.h"

#include <fcntl.h>

namespace coracle {
namespace {

/// Packages in files, and what comes of them.
class DebianFilesTest : public testing::Test {
protected:
    void add(const std::string& name, const test::DebFiles& files) {
        auto path = directory_ / name + ".deb";
        write_file(path, test::make_deb(name, files));
        open_.push_back(open_fd(path, O_RDONLY));
        debs_.push_back({name, open_.back().get()});
    }
    std::string select(DebianContent content) {
        auto files = unpack_debs(debs_, spool_);
        auto tree = select_files(files, content, spool_);
        std::string text;
        for (const auto& [path, item] : tree.items())
            if (!item.entry.is_directory() && !path.str().starts_with("var/lib/dpkg"))
                text += path.str() +
                        (item.entry.link_target.empty() ? "" : " -> " + item.entry.link_target) +
                        "\n";
        return text;
    }
    std::string error_of(const DebianContent& content) {
        try {
            select(content);
        } catch (const Error& error) {
            return error.message();
        }
        return "";
    }
    /// A shared library or (without `soname`) a program that needs `needed`.
    std::string compile(const std::string& soname, const std::vector<std::string>& needed) {
        write_file(directory_ / "x.c", "int _start(void) { return 0; }\n");
        std::vector<std::string> command{"cc", "-nostdlib", "-o", directory_ / "x.out",
                                         directory_ / "x.c"};
        if (!soname.empty())
            command.insert(command.end(), {"-shared", "-fPIC", "-Wl,-soname," + soname});
        command.insert(command.end(), {"-L" + directory_.path(), "-Wl,--no-as-needed",
                                       "-Wl,--allow-shlib-undefined"});
        for (const auto& name : needed) {
            run_checked({.argv = {"cc", "-nostdlib", "-shared", "-fPIC", "-Wl,-soname," + name,
                                  "-o", directory_ / name, directory_ / "x.c"}});
            command.push_back("-l:" + name);
        }
        run_checked({.argv = command});
        return read_file(directory_ / "x.out");
    }

    TempDir directory_;
    FileSpool spool_;
    std::vector<Fd> open_;
    std::vector<DebFile> debs_;
};

TEST_F(DebianFilesTest, KeepsAllButDocumentation) {
    add("a", {{"usr/bin/a", "a"},
              {"usr/share/man/man1/a.1", "m"},
              {"usr/share/doc/a/copyright", "c"},
              {"usr/share/doc/a/changelog", "x"}});
    EXPECT_EQ(select({}), "usr/bin/a\nusr/share/doc/a/copyright\n");
    DebianContent bare;
    bare.copyright = false;
    EXPECT_EQ(select(bare), "usr/bin/a\n");
}

TEST_F(DebianFilesTest, KeepsWhatLinksLeadTo) {
    add("a", {{"usr/bin/server -> checker", ""}, {"usr/bin/other", ""}});
    add("b", {{"usr/bin/checker", "c"}, {"usr/bin/unused", ""}, {"usr/lib/x", "x"}});
    DebianContent content;
    content.keep = {"/usr/bin/server"};
    EXPECT_EQ(select(content), "usr/bin/checker\nusr/bin/server -> checker\n");
    content.drop = {"/usr/bin/o*"};
    content.keep = {"/usr/bin"};
    EXPECT_EQ(select(content), "usr/bin/checker\nusr/bin/server -> checker\nusr/bin/unused\n");
}

TEST_F(DebianFilesTest, SaysWhichPatternFitsNothing) {
    add("a", {{"usr/bin/a", "a"}});
    DebianContent content;
    content.keep = {"/usr/bin/a", "/usr/bin/b"};
    EXPECT_EQ(error_of(content), "no file of the packages fits '/usr/bin/b' in debian.keep");
}

TEST_F(DebianFilesTest, MergesOldDirectoriesIntoUsr) {
    add("a", {{"bin/", ""}, {"bin/a", "a"}, {"lib/x86_64-linux-gnu/libx.so.1", "x"}});
    EXPECT_EQ(select({}), "usr/bin/a\nusr/lib/x86_64-linux-gnu/libx.so.1\n");
}

TEST_F(DebianFilesTest, RecordsThePackagesThatAreThere) {
    add("a", {{"usr/bin/a", "a"}});
    add("b", {{"usr/bin/b", "b"}});
    DebianContent content;
    content.keep = {"/usr/bin/b"};
    auto files = unpack_debs(debs_, spool_);
    auto tree = select_files(files, content, spool_);
    EXPECT_FALSE(tree.find(TreePath("var/lib/dpkg/status.d/a")));
    const auto* status = tree.find(TreePath("var/lib/dpkg/status.d/b"));
    ASSERT_TRUE(status);
    EXPECT_TRUE(status->content.read(0, status->content.size).starts_with("Package: b\n"));
}

TEST_F(DebianFilesTest, KeepsOnlyTheLibrariesThatAreNeeded) {
    if (!find_program("cc"))
        GTEST_SKIP() << "no compiler";
    add("prog", {{"usr/bin/prog", compile("", {"libone.so.1"})}});
    add("libs",
        {{"usr/lib/x86_64-linux-gnu/libone.so.1 -> libone.so.1.5", ""},
         {"usr/lib/x86_64-linux-gnu/libone.so.1.5", compile("libone.so.1", {"libtwo.so.2"})},
         {"usr/lib/x86_64-linux-gnu/libtwo.so.2", compile("libtwo.so.2", {})},
         {"usr/lib/x86_64-linux-gnu/libnot.so.3", compile("libnot.so.3", {})}});
    DebianContent content;
    content.keep = {"/usr/bin/prog"};
    content.needed_libraries = true;
    // The loader is named by the program; no package of this test has one.
    EXPECT_TRUE(error_of(content).starts_with("'/usr/bin/prog' needs the interpreter '/lib"));
    add("libc",
        {{"usr/lib64/ld-linux-x86-64.so.2 -> ../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", ""},
         {"usr/lib/ld-linux-aarch64.so.1 -> x86_64-linux-gnu/ld-linux-x86-64.so.2", ""},
         {"usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "loader"}});
    auto text = select(content);
    EXPECT_NE(text.find("libone.so.1 -> libone.so.1.5\n"), text.npos) << text;
    EXPECT_NE(text.find("libtwo.so.2\n"), text.npos) << text;
    EXPECT_EQ(text.find("libnot.so.3\n"), text.npos) << text;
    EXPECT_NE(text.find(" -> /usr/lib"), text.npos) << text; // the interpreter's usual place
}

TEST_F(DebianFilesTest, SaysWhichLibraryIsMissing) {
    if (!find_program("cc"))
        GTEST_SKIP() << "no compiler";
    add("lib", {{"usr/lib/libone.so.1", compile("libone.so.1", {"libgone.so.9"})}});
    DebianContent content;
    content.keep = {"/usr/lib/libone.so.1"};
    content.needed_libraries = true;
    EXPECT_EQ(error_of(content),
              "'/usr/lib/libone.so.1' needs the library 'libgone.so.9', which no package has");
}

TEST(ImageTree, FollowsLinksInsideTheTreeOnly) {
    ImageTree tree;
    auto add = [&](const char* path, const char* target) {
        TreeItem item;
        item.entry.path = TreePath(path);
        item.entry.type = *target ? EntryType::symlink : EntryType::regular;
        item.entry.link_target = target;
        tree.add(std::move(item));
    };
    add("lib", "usr/lib");
    add("usr/lib/x", "");
    add("up", "../../../../usr/lib/x");
    add("absolute", "/lib/x");
    add("loop", "loop");
    add("gone", "/nowhere");
    auto resolve = [&](const char* path) {
        auto found = tree.resolve(TreePath(path));
        return found ? found->str() : "nothing";
    };
    EXPECT_EQ(resolve("lib/x"), "usr/lib/x");
    EXPECT_EQ(resolve("up"), "usr/lib/x");
    EXPECT_EQ(resolve("absolute"), "usr/lib/x");
    EXPECT_EQ(resolve("loop"), "nothing");
    EXPECT_EQ(resolve("gone"), "nothing");
}

TEST(ImageTree, RefusesFilesBelowAFile) {
    ImageTree tree;
    for (const char* path : {"a", "a/b"}) {
        TreeItem item;
        item.entry.path = TreePath(path);
        tree.add(std::move(item));
    }
    try {
        tree.add_parents(0);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message(), "'/a/b' lies below '/a', which is no directory");
    }
}

} // namespace
} // namespace coracle
