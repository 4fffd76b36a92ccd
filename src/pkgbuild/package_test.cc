// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/package.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "pkgbuild/debian_input.h"
#include "pkgbuild/tree_hashes.h"

namespace coracle {
namespace {

/// A directory with a build.yml.
class PackageTest : public testing::Test {
protected:
    Package load(const std::string& text) {
        write_file(directory_ / "build.yml", text);
        return load_package(directory_.path());
    }
    /// Without the directory's name.
    std::string error_of(const std::string& text) {
        try {
            load(text);
        } catch (const Error& error) {
            std::string what = error.what();
            for (size_t at; (at = what.find(directory_.path() + "/")) != what.npos;)
                what.erase(at, directory_.path().size() + 1);
            return what;
        }
        return "";
    }
    void git(std::vector<std::string> arguments) {
        std::vector<std::string> argv{"git",         "-C", directory_.path(),         "-c",
                                      "user.name=n", "-c", "user.email=n@example.org"};
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        run_checked({.argv = argv});
    }

    TempDir directory_;
};

TEST_F(PackageTest, ReadsLinuxKitsKeys) {
    auto package =
        load("image: dhcpcd\norg: me\nnetwork: true\narches: [amd64]\n"
             "buildArgs: [A=1]\nextra-sources: [../x:y]\ngitrepo: https://example.org\n"
             "disable-cache: true\ndockerfile: D\n"
             "config:\n  binds: [\"/run/resolvconf:/etc\"]\n  capabilities: [CAP_NET_ADMIN]\n");
    EXPECT_EQ(package.image, "dhcpcd");
    EXPECT_EQ(package.org, "me");
    EXPECT_EQ(package.architectures, std::vector<std::string>{"amd64"});
    EXPECT_EQ(package.label,
              R"({"capabilities":["CAP_NET_ADMIN"],"binds":["/run/resolvconf:/etc"]})");
    EXPECT_FALSE(package.composed());
    EXPECT_EQ(package.dockerfile, "D");
    EXPECT_EQ(package.build_args[0].second, "1");
}

TEST_F(PackageTest, HasLinuxKitsDefaults) {
    auto package = load("image: x\n");
    EXPECT_EQ(package.org, "linuxkit");
    EXPECT_EQ(package.dockerfile, "Dockerfile");
    EXPECT_EQ(package.tag, "{{.Hash}}");
}

TEST_F(PackageTest, ReadsItsOwnSections) {
    auto package = load("image: redis\n"
                        "debian:\n  packages: [redis-server]\n  keep: [/usr/bin/redis-server]\n"
                        "guest:\n  - {program: init, path: /init}\n"
                        "files:\n  - {path: /data, directory: true, mode: \"0750\", uid: 999}\n"
                        "  - {path: /x, contents: hello}\n"
                        "users:\n  - {name: redis, uid: 999}\n"
                        "entrypoint: [/usr/bin/redis-server]\n");
    ASSERT_TRUE(package.debian);
    EXPECT_EQ(package.debian->suite, "trixie");
    EXPECT_TRUE(package.debian->needed_libraries); // because of keep
    EXPECT_EQ(package.files[0].mode, 0750u);
    EXPECT_EQ(package.files[1].contents, "hello");
    EXPECT_EQ(package.users[0].gid, 999u);
    EXPECT_TRUE(package.composed());
}

TEST_F(PackageTest, SaysWhereAndWhatIsWrong) {
    EXPECT_EQ(error_of("image: redis\ndebian:\n  pakages: [redis-server]\n  packages: [x]\n"),
              "build.yml:3:3: error: unknown key 'pakages' in debian\n"
              "    3 |   pakages: [redis-server]\n"
              "      |   ^~~~~~~\n"
              "did you mean 'packages'?");
    EXPECT_EQ(
        error_of("image: x\nfiles:\n  - {path: /x, contents: a, symlink: b}\n"),
        "build.yml:3:5: error: a file has one of contents, source, symlink and directory: true "
        "in files[0] '/x'\n"
        "    3 |   - {path: /x, contents: a, symlink: b}\n"
        "      |     ^");
    EXPECT_NE(error_of("image: x\nfiles:\n  - {path: /x, source: ../../etc/passwd}\n")
                  .find("'../../etc/passwd' is no file of the package's directory"),
              std::string::npos);
    EXPECT_NE(error_of("image: x\nkernel:\n  modules: [overlay]\n")
                  .find("a kernel is made from Debian packages: 'debian' is missing"),
              std::string::npos);
    EXPECT_NE(error_of("image: x\ndebian:\n  packages: [\"-o=Dir::Bin=x\"]\n")
                  .find("'-o=Dir::Bin=x' is no name of a Debian package"),
              std::string::npos);
    EXPECT_NE(
        error_of("image: x\nconfig:\n  capabilitis: [all]\n").find("did you mean 'capabilities'?"),
        std::string::npos);
    EXPECT_NE(error_of("org: x\n").find("image"), std::string::npos);
}

TEST_F(PackageTest, NeedsABuildYml) {
    try {
        load_package(directory_ / "nowhere");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message(),
                  fmt::format("'{}' is no package: it has no build.yml", directory_ / "nowhere"));
    }
}

TEST_F(PackageTest, IsNamedByTheContentOutsideGit) {
    auto package = load("image: x\norg: o\n");
    auto reference = package_reference(package);
    EXPECT_EQ(reference.size(), std::string("o/x:").size() + 40);
    EXPECT_EQ(package_reference(package), reference);
    write_file(directory_ / "file", "1");
    EXPECT_NE(package_reference(package), reference);
    EXPECT_EQ(package_reference(package, "abc"), "o/x:abc");
    package.tag = "v1-{{.Hash}}";
    EXPECT_EQ(package_reference(package, "abc"), "o/x:v1-abc");
    package.tag = "{{.Other}}";
    EXPECT_THROW(package_reference(package), Error);
}

TEST_F(PackageTest, IsNamedByGitsTreeHash) {
    if (!find_program("git"))
        GTEST_SKIP() << "git is not installed";
    auto package = load("image: x\norg: o\n");
    git({"init", "-q"});
    git({"add", "."});
    git({"commit", "-q", "-m", "x"});
    auto tree = run_checked({.argv = {"git", "-C", directory_.path(), "rev-parse", "HEAD:"}});
    tree.pop_back();
    EXPECT_EQ(package_reference(package), "o/x:" + tree);
    write_file(directory_ / "new", "1");
    EXPECT_EQ(package_reference(package), "o/x:" + tree + "-dirty");
}

TEST_F(PackageTest, AsksGitOnceForPackagesSideBySide) {
    if (!find_program("git"))
        GTEST_SKIP() << "git is not installed";
    for (const char* name : {"a b", "c", "untracked", "changed"}) {
        make_directories(directory_ / "pkg/" + name);
        write_file(directory_ / "pkg/" + name + "/build.yml", fmt::format("image: {}\n", name[0]));
    }
    git({"init", "-q"});
    git({"add", "pkg/a b", "pkg/c", "pkg/changed"});
    git({"commit", "-q", "-m", "x"});
    write_file(directory_ / "pkg/changed/build.yml", "image: d\n");
    auto hash = [&](const std::string& name) {
        auto text = run_checked(
            {.argv = {"git", "-C", directory_.path(), "rev-parse", "HEAD:pkg/" + name}});
        return std::string(trim(text));
    };
    TreeHashes trees;
    EXPECT_EQ(trees.of(directory_ / "pkg/a b"), hash("a b"));
    EXPECT_EQ(trees.of(directory_ / "pkg/c"), hash("c"));
    EXPECT_EQ(trees.of(directory_ / "pkg/changed"), hash("changed") + "-dirty");
    EXPECT_EQ(trees.of(directory_ / "pkg/untracked"), std::nullopt);
    EXPECT_EQ(trees.of(directory_ / "pkg/absent"), std::nullopt);
    write_file(directory_ / "pkg/c/new", "");
    trees.forget();
    EXPECT_EQ(trees.of(directory_ / "pkg/c"), hash("c") + "-dirty");
    EXPECT_EQ(trees.of(directory_ / "pkg"), hash("") + "-dirty");
}

TEST(BundledPackage, IsFoundWhereTheVariableSays) {
    TempDir directory;
    make_directories(directory / "b/redis");
    write_file(directory / "b/redis/build.yml", "image: redis\n");
    setenv("CORACLE_PKG_PATH", (directory / "a" + ":" + (directory / "b")).c_str(), 1);
    EXPECT_EQ(find_bundled_package("redis"), directory / "b/redis");
    EXPECT_EQ(find_bundled_package("other"), std::nullopt);
    EXPECT_EQ(find_bundled_package("../b/redis"), std::nullopt);
    EXPECT_EQ(find_bundled_package(""), std::nullopt);
    unsetenv("CORACLE_PKG_PATH");
}

TEST(BundledPackage, AllCanBeRead) {
    for (const char* name :
         {"kernel", "init", "crun", "dhcpcd", "getty", "sysctl", "redis", "busybox", "efi"}) {
        auto directory = find_bundled_package(name);
        ASSERT_TRUE(directory) << name;
        auto package = load_package(*directory);
        EXPECT_EQ(package.image, name);
        if (!package.debian)
            continue;
        // A list that was changed without building once would be resolved by everybody anew.
        for (const char* architecture : {"amd64", "arm64", "riscv64"}) {
            auto platform = Platform::parse(architecture);
            auto lock = read_lock(package, platform);
            ASSERT_TRUE(lock) << name;
            EXPECT_EQ(lock->request, debian_request(package, platform)) << name;
        }
    }
}

} // namespace
} // namespace coracle
