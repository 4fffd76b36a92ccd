// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "io/hash.h"
#include "pkgbuild/compose.h"
#include "pkgbuild/content_hash.h"
#include "pkgbuild/debian_input.h"
#include "pkgbuild/dockerfile.h"
#include "pkgbuild/tree_hashes.h"
#include "store/resolve.h"

namespace coracle {

namespace {

/// Changes whenever the same input would give another image.
constexpr std::string_view layout_version = "1";
constexpr const char* fresh_mark = ".fresh";

/// What is already built, by the key of all that went into it: CACHE/packages/KEY.
class BuiltImages {
public:
    explicit BuiltImages(const Store& store)
        : store_(store), directory_(store.directory() + "/packages") {}

    std::optional<Descriptor> find(const std::string& key) const {
        auto text = read_file_if_present(directory_ + "/" + key, 4096);
        auto json = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
        if (!json.is_object())
            return std::nullopt;
        try {
            auto descriptor = Descriptor::from_json(json, key);
            return whole(descriptor) ? std::optional(descriptor) : std::nullopt;
        } catch (const Error&) {
            return std::nullopt; // what cannot be read is built again
        }
    }
    void remember(const std::string& key, const Descriptor& descriptor) const {
        make_directories(directory_);
        write_file(directory_ + "/" + key, descriptor.to_json().dump());
    }
    /// Held while the image is built, so that others wait for it.
    FileLock lock(const std::string& key) const {
        make_directories(directory_);
        return FileLock(directory_ + "/" + key + ".lock", FileLock::Mode::exclusive);
    }

private:
    bool whole(const Descriptor& descriptor) const {
        if (!store_.has(descriptor))
            return false;
        auto manifest = Manifest::parse(store_.read_document(descriptor), "a built package");
        return store_.has(manifest.config) &&
               std::ranges::all_of(manifest.layers,
                                   [&](const Descriptor& layer) { return store_.has(layer); });
    }

    const Store& store_;
    std::string directory_;
};

/// The hash of all that decides what the image becomes.
std::string build_key(const Package& package, const Platform& platform) {
    Hasher hasher;
    auto add = [&](std::string_view name, std::string_view value) {
        hasher.update(fmt::format("{} {}:", name, value.size())).update(value).update("\n");
    };
    add("layout", layout_version);
    add("platform", platform.str());
    if (auto epoch = source_date_epoch())
        add("epoch", std::to_string(*epoch));
    add("build.yml", read_file(package.file));
    if (!package.composed()) {
        add("directory", content_hash(package.directory));
        for (const auto& extra : package.extra_sources)
            add("extra", content_hash(package.directory + "/" + extra.substr(0, extra.find(':'))));
        return hasher.hex();
    }
    if (package.debian)
        add("lock", read_file_if_present(lock_path(package, platform)).value_or(""));
    for (const auto& file : package.files)
        if (file.source)
            add("file", content_hash(package.directory + "/" + TreePath(*file.source).str()));
    for (const auto& guest : package.guest)
        if (auto program = find_guest_program(guest.program, platform.architecture))
            add("guest", content_hash(*program));
    return hasher.hex();
}

/// Builds the image for one platform where the cache lacks it.
class PlatformBuild {
public:
    PlatformBuild(Store& store, const Package& package, const PackageOptions& options,
                  const Platform& platform)
        : store_(store), package_(package), options_(options), platform_(platform), built_(store) {}

    Descriptor run() {
        auto key = build_key(package_, platform_);
        if (auto found = lookup(key))
            return *found;
        auto lock = built_.lock(key);
        if (auto found = lookup(key))
            return *found;
        auto descriptor = package_.composed()
                              ? compose_image()
                              : build_dockerfile(store_, package_, platform_, options_);
        // A new lock file is part of the key. Where it could not be written, the image is not what
        // the old one says, which matters to those who want just that.
        auto now = build_key(package_, platform_);
        built_.remember(fresh_ && now == key ? key + fresh_mark : now, descriptor);
        built = true;
        return descriptor;
    }

    bool built = false;

private:
    std::optional<Descriptor> lookup(const std::string& key) const {
        if (options_.force)
            return std::nullopt;
        auto found = built_.find(key);
        return found || options_.locked ? found : built_.find(key + fresh_mark);
    }
    Descriptor compose_image() {
        Task task(*options_.reporter, fmt::format("package {}/{} for {}", package_.org,
                                                  package_.image, platform_.str()));
        DebianInput input;
        if (package_.debian)
            input = gather_debs(package_, platform_, options_, store_.directory());
        FileSpool spool;
        auto composition =
            compose(package_, platform_, std::move(input.debs), source_date_epoch(), spool);
        fresh_ = input.fresh.has_value();
        if (input.fresh)
            write_lock(package_, platform_, std::move(*input.fresh), composition.used,
                       *options_.reporter);
        auto descriptor = write_image(store_, package_, platform_, composition);
        auto manifest = Manifest::parse(store_.read_document(descriptor), package_.image);
        task.result(human_size(manifest.content_size()));
        return descriptor;
    }

    Store& store_;
    const Package& package_;
    const PackageOptions& options_;
    const Platform& platform_;
    BuiltImages built_;
    bool fresh_ = false; ///< resolved anew, not as a lock file says
};

void check_platform(const Package& package, const Platform& platform) {
    if (std::ranges::find(package.architectures, platform.architecture) ==
        package.architectures.end())
        throw Error("package '{}' is not made for {}; its arches are {}", package.image,
                    platform.str(), join(package.architectures, ", "));
}

bool is_tagged(const Store& store, const Reference& reference, const Platform& platform,
               const Descriptor& manifest) {
    auto root = store.find(reference);
    if (!root)
        return false;
    auto platforms = platforms_of(store, *root, true);
    if (std::ranges::find(platforms, platform) == platforms.end())
        return false;
    auto known = find_image(store, reference, platform);
    return known && known->descriptor.same_content(manifest);
}

} // namespace

BuiltPackage ensure_package(Store& store, const Package& package, const PackageOptions& options) {
    return within([&] { return fmt::format("while building the package '{}'", package.directory); },
                  [&] {
                      auto platforms = options.platforms;
                      if (platforms.empty())
                          platforms.push_back(Platform::host());
                      auto session = store.session();
                      BuiltPackage result;
                      for (const auto& platform : platforms) {
                          check_platform(package, platform);
                          PlatformBuild build(store, package, options, platform);
                          result.manifests.push_back(build.run());
                          result.built = result.built || build.built;
                      }
                      // Only now: a new lock file is part of the directory that the tag names.
                      TreeHashes own;
                      TreeHashes& trees = options.trees != nullptr ? *options.trees : own;
                      if (result.built)
                          trees.forget();
                      auto reference =
                          Reference::parse(package_reference(package, options.hash, trees));
                      result.reference = reference.full();
                      for (size_t i = 0; i < platforms.size(); ++i)
                          if (!is_tagged(store, reference, platforms[i], result.manifests[i]))
                              store.tag_platform(reference, platforms[i], result.manifests[i]);
                      return result;
                  });
}

BuiltPackage build_package(Store& store, const Package& package, const PackageOptions& options) {
    auto forced = options;
    forced.force = true;
    return ensure_package(store, package, forced);
}

} // namespace coracle
