// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "oci/reference.h"
#include "pkgbuild/package.h"
#include "store/store.h"

namespace coracle {

namespace {

struct PkgOptions {
    std::vector<std::string> packages;
    std::string platforms;
    std::string org;
    std::string hash;
    std::string mirror;
    std::string snapshot;
    bool force = false;
    bool locked = false;
    bool canonical = false;
};

/// A package's directory, or the name of one that comes with the tool.
Package load(const std::string& name, const PkgOptions& options) {
    auto directory = name;
    if (!exists(name + "/build.yml"))
        if (auto bundled = find_bundled_package(name))
            directory = *bundled;
    auto package = load_package(directory);
    if (!options.org.empty())
        package.org = options.org;
    return package;
}

void add_common(CLI::App& command, PkgOptions& options) {
    command
        .add_option("PACKAGE", options.packages,
                    "directories of packages, or names of bundled ones")
        ->required();
    command.add_option("--org", options.org, "put this before the image's name instead");
    command.add_option("--hash", options.hash, "take this for {{.Hash}} in the tag");
}

void build(const PkgOptions& options, Globals& globals) {
    Store store(globals.cache);
    PackageOptions how;
    if (!options.platforms.empty())
        for (const auto& platform : split(options.platforms, ','))
            how.platforms.push_back(Platform::parse(platform));
    how.mirror = options.mirror;
    how.snapshot = options.snapshot;
    how.locked = options.locked;
    how.force = options.force;
    how.hash = options.hash;
    how.reporter = &globals.reporter();
    for (const auto& name : options.packages) {
        auto package = load(name, options);
        auto result = ensure_package(store, package, how);
        fmt::print("{}\n", Reference::parse(result.reference).familiar());
        if (!result.built)
            globals.reporter().info(fmt::format("{} is in the cache already", name));
    }
}

void show_tag(const PkgOptions& options) {
    for (const auto& name : options.packages) {
        auto reference = package_reference(load(name, options), options.hash);
        fmt::print("{}\n", options.canonical ? Reference::parse(reference).full() : reference);
    }
}

} // namespace

void add_pkg(CLI::App& app, Globals& globals) {
    auto& pkg = add_command(app, "pkg", "build packages: the images systems are made of");
    pkg.require_subcommand(1);

    auto& options = globals.keep<PkgOptions>();
    auto& building =
        add_command(pkg, "build", "build packages into the cache",
                    "  coracle pkg build pkg/redis\n"
                    "  coracle pkg build --platforms linux/amd64,linux/arm64 pkg/kernel\n"
                    "  coracle pkg build --locked pkg/redis\n");
    add_common(building, options);
    building
        .add_option("--platforms", options.platforms, "build for these (default: this machine's)")
        ->type_name("OS/ARCH,...");
    building.add_flag("--force", options.force, "build although the cache has it");
    building.add_flag("--locked", options.locked, "fail where the lock file cannot be followed");
    building
        .add_option("--debian-mirror", options.mirror,
                    "take Debian packages from this archive (default: as this machine's apt)")
        ->type_name("URL");
    building
        .add_option("--debian-snapshot", options.snapshot,
                    "where the archive has dropped a pinned version, look here")
        ->type_name("URL");
    building.callback([&] { build(options, globals); });

    auto& tagged = globals.keep<PkgOptions>();
    auto& showing = add_command(pkg, "show-tag", "print the reference of packages",
                                "  coracle pkg show-tag pkg/redis\n");
    add_common(showing, tagged);
    showing.add_flag("--canonical", tagged.canonical, "with the registry: docker.io/...");
    showing.callback([&] { show_tag(tagged); });
}

} // namespace coracle
