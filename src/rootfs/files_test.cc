// SPDX-License-Identifier: Apache-2.0
#include "rootfs/files.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "rootfs/test_system.h"

namespace coracle {
namespace {

using testing::HasSubstr;

std::vector<FileItem> plan(const std::string& files) {
    Spec spec = parse_spec("onboot: [{name: app, image: i}]\nfiles:\n" + files, "os.yml");
    return plan_files(spec, make_ids(spec), 1000);
}

std::string error_of(const std::string& files) {
    try {
        plan(files);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

/// "path mode uid:gid" of each.
std::string listing(const std::vector<FileItem>& items) {
    std::string text;
    for (const auto& item : items)
        text += fmt::format("{}{} {:o} {}:{}\n", item.entry.path.str(),
                            item.entry.is_directory() ? "/" : "", item.entry.mode, item.entry.uid,
                            item.entry.gid);
    return text;
}

TEST(Files, HaveTheirDefaults) {
    EXPECT_EQ(listing(plan("- {path: /etc/f, contents: x}\n"
                           "- {path: d, directory: true}\n"
                           "- {path: l, symlink: /etc/f}\n"
                           "- {path: m, contents: x, mode: '4755', uid: app, gid: 7}\n")),
              "etc/f 600 0:0\nd/ 700 0:0\nl 600 0:0\nm 4755 100:7\n");
}

TEST(Files, BringContentFromTheYamlOrTheHost) {
    TempDir dir;
    write_file(dir / "source", "from the host");
    auto items = plan("- {path: a, contents: 'from the YAML'}\n"
                      "- {path: b, source: '" +
                      (dir / "source") +
                      "'}\n"
                      "- {path: c, symlink: ../target}\n");
    FileItemSource source(items);
    EXPECT_EQ(source.next()->size, 13u);
    EXPECT_EQ(read_all(source.content()), "from the YAML");
    EXPECT_EQ(source.next()->size, 13u);
    EXPECT_EQ(read_all(source.content()), "from the host");
    EXPECT_EQ(source.next()->link_target, "../target");
    EXPECT_EQ(read_all(source.content()), "");
    EXPECT_EQ(source.next(), std::nullopt);
}

TEST(Files, FindTheBuildersHome) {
    TempDir dir;
    write_file(dir / "key", "secret");
    std::string before = std::getenv("HOME") != nullptr ? std::getenv("HOME") : "";
    ::setenv("HOME", dir.path().c_str(), 1);
    auto items = plan("- {path: key, source: ~/key}\n");
    ::setenv("HOME", before.c_str(), 1);
    EXPECT_EQ(items.at(0).host_path, dir / "key");
}

TEST(Files, ThatAreOptionalMayBeAbsent) {
    EXPECT_TRUE(plan("- {path: a, source: /nowhere/x, optional: true}\n").empty());
    EXPECT_EQ(error_of("- {path: a, source: /nowhere/x}\n"),
              "cannot read '/nowhere/x': No such file or directory\n  for files[0] at os.yml:3");
}

TEST(Files, CannotComeFromWhatIsNoFile) {
    EXPECT_THAT(error_of("- {path: a, source: /dev/zero}\n"),
                HasSubstr("'/dev/zero' is not a regular file"));
    EXPECT_THAT(error_of("- {path: a, source: /etc}\n"), HasSubstr("'/etc' is not a regular file"));
}

TEST(Files, CannotLeaveTheRoot) {
    EXPECT_THAT(error_of("- {path: ../a, contents: x}\n"),
                HasSubstr("the name '../a' leaves its root"));
    EXPECT_NE(error_of("- {path: /, contents: x}\n"), "");
}

TEST(Files, ThatChangeWhileTheyAreBuiltInAreNoticed) {
    TempDir dir;
    write_file(dir / "source", "before");
    auto items = plan("- {path: a, source: '" + (dir / "source") + "'}\n");
    write_file(dir / "source", "behind");
    FileItemSource source(items);
    source.next();
    EXPECT_THROW(source.next(), Error);
}

TEST(FilesDirectories, AreMadeForTheFirstFileInThem) {
    auto items = plan("- {path: a/b/one, contents: x, mode: '0640', uid: 5}\n"
                      "- {path: a/b/two, contents: x, mode: '0604'}\n"
                      "- {path: a/c/three, contents: x, mode: '0000'}\n"
                      "- {path: there/x, contents: x}\n");
    auto all = with_directories(items, [](const TreePath& path) { return path.str() == "there"; });
    EXPECT_EQ(listing(all), "a/ 750 5:0\na/b/ 750 5:0\na/b/one 640 5:0\na/b/two 604 0:0\n"
                            "a/c/ 0 0:0\na/c/three 0 0:0\nthere/x 600 0:0\n");
}

TEST(FilesDirectories, ThatAreFilesOfTheirOwnStay) {
    auto items = plan("- {path: a, directory: true, mode: '0711'}\n- {path: a/b, contents: x}\n");
    EXPECT_EQ(listing(with_directories(items, [](const TreePath&) { return false; })),
              "a/ 711 0:0\na/b 600 0:0\n");
}

} // namespace
} // namespace coracle
