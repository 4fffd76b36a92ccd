// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "archive/tar_reader.h"
#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "io/hash.h"
#include "pkgbuild/deb_cache.h"
#include "pkgbuild/package.h"
#include "pkgbuild/test_deb.h"
#include "store/resolve.h"

namespace coracle {
namespace {

/// Packages made from files and from .debs that the cache has already: no network.
class BuildTest : public testing::Test {
protected:
    BuildTest() : store_(directory_ / "cache") {
        make_directories(directory_ / "pkg");
        options_.platforms = {Platform::parse("linux/amd64")};
        options_.locked = true; // whatever happens, nothing is fetched
    }
    void write(const std::string& yaml) { write_file(directory_ / "pkg/build.yml", yaml); }
    BuiltPackage ensure() {
        return ensure_package(store_, load_package(directory_ / "pkg"), options_);
    }
    std::string error_of() {
        try {
            ensure();
        } catch (const Error& error) {
            std::string what = error.what();
            for (size_t at; (at = what.find(directory_.path() + "/")) != what.npos;)
                what.erase(at, directory_.path().size() + 1);
            return what;
        }
        return "";
    }
    PinnedDeb put_deb(const std::string& name, const test::DebFiles& files) {
        auto deb = test::make_deb(name, files);
        PinnedDeb pin{name, "1.0", "amd64", sha256_hex(deb), deb.size(), "pool/" + name + ".deb"};
        write_file(deb_path(pin), deb);
        return pin;
    }
    std::string deb_path(const PinnedDeb& pin) {
        make_directories(directory_ / "cache/debs/sha256");
        return directory_ / "cache/debs/sha256/" + pin.sha256;
    }
    void lock(const std::vector<PinnedDeb>& debs) {
        auto package = load_package(directory_ / "pkg");
        DebianLock lock{debian_request(package, options_.platforms[0]), debs};
        write_file(lock_path(package, options_.platforms[0]), lock.str());
    }
    std::string listing(const BuiltPackage& built) {
        auto image = resolve(store_, Reference::parse(built.reference), options_.platforms[0]);
        auto blob = store_.read(image.manifest.layers.at(0));
        auto unpacked = make_decompressor(*blob, Compression::zstd);
        TarReader reader(*unpacked);
        std::string text;
        while (auto entry = reader.next())
            text += fmt::format("{} {:o} {}:{} {}{}\n", entry->path.str(), entry->mode, entry->uid,
                                entry->gid, entry->link_target, read_all(reader.content()));
        return text;
    }

    TempDir directory_;
    Store store_;
    PackageOptions options_;
};

TEST_F(BuildTest, MakesAnImageOfFiles) {
    write_file(directory_ / "pkg/tool.sh", "#!/bin/sh\n", 0755);
    write("image: x\norg: o\nfiles:\n"
          "  - {path: /data, directory: true, mode: \"0750\", uid: 999, gid: 998}\n"
          "  - {path: /etc/x.conf, contents: hello}\n"
          "  - {path: /bin/tool, source: tool.sh}\n"
          "  - {path: /bin/t, symlink: tool}\n"
          "users:\n  - {name: redis, uid: 999, gid: 998, home: /data}\n"
          "groups:\n  - {name: wheel, gid: 10, members: [redis]}\n"
          "entrypoint: [/bin/tool]\ncmd: [now]\nenv: [A=b]\nworkdir: /data\n"
          "config:\n  readonly: true\n");
    auto built = ensure();
    EXPECT_TRUE(built.built);
    EXPECT_EQ(listing(built), "bin 755 0:0 \nbin/t 777 0:0 tool\nbin/tool 755 0:0 #!/bin/sh\n\n"
                              "data 750 999:998 \netc 755 0:0 \n"
                              "etc/group 644 0:0 root:x:0:\nwheel:x:10:redis\nredis:x:998:\n\n"
                              "etc/passwd 644 0:0 root:x:0:0:root:/root:/sbin/nologin\n"
                              "redis:x:999:998:redis:/data:/sbin/nologin\n\n"
                              "etc/x.conf 644 0:0 hello\n");
    auto image = resolve(store_, Reference::parse(built.reference), options_.platforms[0]);
    EXPECT_EQ(image.config.entrypoint, std::vector<std::string>{"/bin/tool"});
    EXPECT_EQ(image.config.cmd, std::vector<std::string>{"now"});
    EXPECT_EQ(image.config.labels.at("org.mobyproject.config"), R"({"readonly":true})");
    EXPECT_EQ(image.config.working_dir, "/data");
}

TEST_F(BuildTest, MakesTheSameBytesAgain) {
    auto a = put_deb(
        "a", {{"usr/", ""}, {"usr/bin/", ""}, {"usr/bin/z => usr/bin/a", ""}, {"usr/bin/a", "a"}});
    auto b = put_deb("b", {{"usr/", ""}, {"usr/share/b", "b"}});
    write("image: x\ndebian:\n  packages: [a]\n");
    lock({a, b});
    auto first = ensure();
    lock({b, a});
    Store other(directory_ / "other");
    make_directories(directory_ / "other");
    run_checked({.argv = {"cp", "-r", directory_ / "cache/debs", directory_ / "other/debs"}});
    auto second = ensure_package(other, load_package(directory_ / "pkg"), options_);
    EXPECT_TRUE(second.built);
    EXPECT_EQ(first.manifests, second.manifests);
}

TEST_F(BuildTest, KeepsHardLinks) {
    auto deb = put_deb(
        "a",
        {{"usr/bin/m", "text"}, {"usr/bin/b => usr/bin/m", ""}, {"usr/bin/z => usr/bin/m", ""}});
    write("image: x\ndebian:\n  packages: [a]\n  keep: [/usr/bin/z, /usr/bin/b]\n");
    lock({deb});
    auto text = listing(ensure());
    EXPECT_NE(text.find("usr/bin/b 755 0:0 text\n"), text.npos) << text;
    EXPECT_NE(text.find("usr/bin/m 755 0:0 usr/bin/b\n"), text.npos) << text;
    EXPECT_NE(text.find("usr/bin/z 755 0:0 usr/bin/b\n"), text.npos) << text;
}

TEST_F(BuildTest, BuildsOnlyWhatTheCacheLacks) {
    write("image: x\nfiles:\n  - {path: /f, source: f}\n");
    write_file(directory_ / "pkg/f", "1");
    auto first = ensure();
    EXPECT_TRUE(first.built);
    EXPECT_FALSE(ensure().built);
    write_file(directory_ / "pkg/f", "2");
    auto changed = ensure();
    EXPECT_TRUE(changed.built);
    EXPECT_NE(changed.manifests, first.manifests);
    write_file(directory_ / "pkg/f", "1");
    EXPECT_FALSE(ensure().built); // known by its content
    options_.force = true;
    EXPECT_TRUE(ensure().built);
}

TEST_F(BuildTest, BuildsAgainWhenABlobIsGone) {
    write("image: x\nfiles:\n  - {path: /f, contents: x}\n");
    auto first = ensure();
    auto image = resolve(store_, Reference::parse(first.reference), options_.platforms[0]);
    store_.drop(image.manifest.layers[0].digest);
    auto second = ensure();
    EXPECT_TRUE(second.built);
    EXPECT_EQ(second.manifests, first.manifests);
}

TEST_F(BuildTest, BuildsAgainWhenAProgramChanges) {
    write("image: x\nguest:\n  - {program: init, path: /init}\n");
    make_directories(directory_ / "guest/amd64");
    setenv("CORACLE_GUEST_PATH", (directory_ / "guest").c_str(), 1);
    // Any program for this machine will do; another machine's would not be taken.
    auto program = read_file("/bin/true");
    bool here = Platform::host().architecture == "amd64";
    if (here) {
        write_file(directory_ / "guest/amd64/init", program, 0755);
        auto first = ensure();
        EXPECT_FALSE(ensure().built);
        write_file(directory_ / "guest/amd64/init", program + "x", 0755);
        EXPECT_TRUE(ensure().built);
    }
    write("image: x\narches: [arm64]\nguest:\n  - {program: init, path: /init}\n");
    options_.platforms = {Platform::parse("linux/arm64")};
    if (here) {
        EXPECT_EQ(error_of(),
                  "the program 'init' is not built for linux/arm64\n"
                  "  while building the package 'pkg'\n"
                  "try: make guests, where Coracle is built; or put one into a directory of "
                  "$CORACLE_GUEST_PATH, as arm64/init");
    }
    unsetenv("CORACLE_GUEST_PATH");
}

TEST_F(BuildTest, RefusesAPlatformThePackageIsNotFor) {
    write("image: x\narches: [arm64]\nfiles:\n  - {path: /f, contents: x}\n");
    EXPECT_EQ(error_of(), "package 'x' is not made for linux/amd64; its arches are arm64\n"
                          "  while building the package 'pkg'");
}

TEST_F(BuildTest, FollowsTheLockOrSaysWhy) {
    write("image: x\ndebian:\n  packages: [a]\n");
    EXPECT_EQ(error_of(), "there is no lock file 'pkg/debian.lock.amd64'\n"
                          "  while building the package 'pkg'\n"
                          "try: build once without --locked and keep the file");
    auto deb = put_deb("a", {{"usr/bin/a", "a"}});
    lock({deb});
    EXPECT_TRUE(ensure().built);
    write("image: x\ndebian:\n  packages: [a, b]\n");
    EXPECT_EQ(error_of(),
              "the lock file 'pkg/debian.lock.amd64' was made for another list of packages\n"
              "  while building the package 'pkg'\n"
              "try: build once without --locked and keep the new file");
}

TEST_F(BuildTest, ImagesOfSeveralPlatformsShareAName) {
    write("image: x\nfiles:\n  - {path: /f, contents: x}\n");
    options_.platforms = {Platform::parse("linux/amd64"), Platform::parse("linux/arm64")};
    auto built = ensure();
    ASSERT_EQ(built.manifests.size(), 2u);
    auto arm = resolve(store_, Reference::parse(built.reference), options_.platforms[1]);
    EXPECT_TRUE(arm.descriptor.same_content(built.manifests[1]));
}

TEST_F(BuildTest, ManyAtOnceBuildOnce) {
    write("image: x\nfiles:\n  - {path: /f, contents: x}\n");
    std::vector<std::thread> threads;
    std::atomic<int> builds = 0;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            Store store(directory_ / "cache");
            if (ensure_package(store, load_package(directory_ / "pkg"), options_).built)
                ++builds;
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(builds, 1);
}

TEST_F(BuildTest, NamesThePackageThatNeedsBuildah) {
    write("image: x\n");
    EXPECT_EQ(error_of(),
              "package 'x' has no Dockerfile and none of the sections debian, guest, files\n"
              "  while building the package 'pkg'");
    write_file(directory_ / "pkg/Dockerfile", "FROM scratch\n");
    if (!find_program("buildah")) {
        EXPECT_EQ(error_of(), "package 'x' is made by a Dockerfile, for which buildah is needed\n"
                              "  while building the package 'pkg'\n"
                              "try: apt-get install buildah");
    }
}

TEST_F(BuildTest, NeverUsesADamagedDeb) {
    auto deb = put_deb("a", {{"usr/bin/a", "a"}});
    auto bytes = read_file(deb_path(deb));
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write_file(deb_path(deb), bytes);
    DebCache cache(directory_ / "cache/debs");
    EXPECT_FALSE(cache.open(deb).valid());
    EXPECT_FALSE(exists(deb_path(deb))); // so that it is fetched again
}

TEST_F(BuildTest, DropsTheDebsThatWereNotUsedForLongest) {
    auto old = put_deb("old", {{"usr/a", std::string(1000, 'a')}});
    run_checked({.argv = {"touch", "-d", "2001-01-01", deb_path(old)}});
    auto fresh = put_deb("fresh", {{"usr/b", "b"}});
    DebCache(directory_ / "cache/debs").trim(fresh.size);
    EXPECT_FALSE(exists(deb_path(old)));
    EXPECT_TRUE(exists(deb_path(fresh)));
}

} // namespace
} // namespace coracle
