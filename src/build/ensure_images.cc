// SPDX-License-Identifier: Apache-2.0
#include "build/ensure_images.h"

#include <vector>

#include "base/error.h"
#include "pkgbuild/package.h"
#include "pkgbuild/tree_hashes.h"
#include "registry/pull.h"
#include "spec/read.h"
#include "trust/verifier.h"

namespace coracle {

namespace {

std::string directory_of(const PackageRequest& request) {
    if (request.name.empty())
        return request.directory;
    if (auto bundled = find_bundled_package(request.name))
        return *bundled;
    throw Error("no package '{}' comes with Coracle", request.name)
        .hint(fmt::format("@pkg:./{} for a directory beside the YAML file", request.name));
}

/// Brings images into the store.
class Bringer {
public:
    Bringer(Store& store, const ImageAccess& access, BuildLock& lock, Reporter& reporter)
        : store_(store), access_(access), lock_(lock), reporter_(reporter) {}

    ResolvedImage bring(const std::string& name, const Platform& platform) {
        Reference reference = Reference::parse(name);
        auto here = find_image(store_, reference, platform);
        auto former = store_.find(reference);
        bool pull = access_.always_pull && !access_.built.contains(name);
        auto locked = lock_.expected(reference, platform);
        if (locked &&
            (!here || (pull && here->descriptor.digest != locked->manifests.at(platform.str()))))
            here = bring_locked(reference, platform, *locked);
        else if (!locked && (!here || pull))
            here = pulled(reference, platform, here.has_value());
        lock_.take_image(*here, platform);
        check(*here, former);
        return std::move(*here);
    }

private:
    void check(const ResolvedImage& image, const std::optional<Descriptor>& former) {
        if (!access_.check)
            return;
        try {
            access_.check(image);
        } catch (const Error&) {
            put_back(store_, image.reference, former);
            throw;
        }
    }

    ResolvedImage pulled(const Reference& reference, const Platform& platform, bool here) {
        try {
            return coracle::pull(store_, reference, platform, access_.registry, reporter_);
        } catch (const Error& error) {
            Error fault("image '{}' {}cannot be pulled: {}", reference.familiar(),
                        here ? "" : "is not in the cache and ", error.message());
            throw error.hint().empty() ? fault : fault.hint(error.hint());
        }
    }

    /// By digest, whatever the tag means by now, and under the name that the YAML has.
    ResolvedImage bring_locked(const Reference& reference, const Platform& platform,
                               const LockedImage& locked) {
        const Digest& manifest = locked.manifests.at(platform.str());
        for (const Digest& digest : {locked.root, manifest}) {
            Reference pinned = reference.with_digest(digest);
            auto image = find_image(store_, pinned, platform);
            // An index that was made here is in no registry, but its manifests may be.
            bool last = digest == manifest;
            if (!image)
                image = pull_pinned(pinned, platform, last);
            if (!image || image->descriptor.digest != manifest)
                continue;
            set_name(reference, platform, *image);
            return resolve(store_, reference, platform);
        }
        throw Error("image '{}' cannot be had as it is locked, {}", reference.familiar(),
                    manifest.str());
    }

    std::optional<ResolvedImage> pull_pinned(const Reference& pinned, const Platform& platform,
                                             bool last) {
        try {
            return pulled(pinned, platform, false);
        } catch (const Error& error) {
            if (last)
                throw;
            reporter_.verbose(error.message());
            return std::nullopt;
        }
    }

    void set_name(const Reference& reference, const Platform& platform,
                  const ResolvedImage& image) {
        if (reference.digest())
            return;
        if (image.root.digest == image.descriptor.digest)
            store_.tag_platform(reference, platform, image.descriptor);
        else
            store_.tag(reference, image.root);
        store_.untag(reference.with_digest(image.root.digest).full());
    }

    Store& store_;
    const ImageAccess& access_;
    BuildLock& lock_;
    Reporter& reporter_;
};

/// An image that is needed, and where the YAML asks for it.
struct Need {
    std::string name;
    Platform platform;
    Location at;
};

/// Each image for each platform once: volumes may want others than the build's.
std::vector<Need> needs_of(Spec& spec, const Platform& platform) {
    std::vector<Need> needs;
    std::set<std::pair<std::string, Platform>> seen;
    auto add = [&](const ImageName& image, const Platform& wanted) {
        if (!image.empty() && seen.emplace(image.text, wanted).second)
            needs.push_back({image.text, wanted, image.at});
    };
    std::set<const ImageName*> done;
    for (const auto& volume : each(spec.volumes))
        if (volume.image && volume.is_oci() && !each(volume.platforms).empty()) {
            done.insert(&*volume.image);
            for (const auto& text : *volume.platforms)
                add(*volume.image, Platform::parse(text));
        }
    for_each_image(spec, [&](ImageName& image) {
        if (!done.contains(&image))
            add(image, platform);
    });
    return needs;
}

} // namespace

void ImageTable::add(ResolvedImage image, const Platform& platform) {
    auto key = std::pair(image.reference.full(), platform);
    images_.insert_or_assign(std::move(key), std::move(image));
}

const ResolvedImage& ImageTable::at(const Reference& reference, const Platform& platform) const {
    auto found = images_.find({reference.full(), platform});
    if (found == images_.end())
        throw Error("image '{}' for {} was not looked for", reference.familiar(), platform.str());
    return found->second;
}

std::set<std::string> ensure_packages(Spec& spec, Store& store, const Platform& platform,
                                      BuildLock& lock, Reporter& reporter) {
    std::set<std::string> references;
    TreeHashes trees;
    resolve_packages(spec, [&](const PackageRequest& request) {
        return within(
            [&] {
                return fmt::format("for {} at {}:{}", request.text, request.at.file,
                                   request.at.line);
            },
            [&] {
                PackageOptions options;
                options.platforms = {platform};
                options.trees = &trees;
                options.reporter = &reporter;
                auto package = load_package(directory_of(request));
                std::string reference = ensure_package(store, package, options).reference;
                lock.take_package(request.text, request.directory, reference);
                references.insert(reference);
                return reference;
            });
    });
    return references;
}

ImageTable ensure_images(Spec& spec, Store& store, const Platform& platform,
                         const ImageAccess& access, BuildLock& lock, Reporter& reporter) {
    ImageTable table;
    Bringer bringer(store, access, lock, reporter);
    std::string faults;
    int count = 0;
    for (const Need& need : needs_of(spec, platform)) {
        constexpr int most = 10;
        if (count == most)
            break;
        try {
            table.add(bringer.bring(need.name, need.platform), need.platform);
        } catch (const Error& error) {
            ++count;
            std::string hint = error.hint().empty() ? "" : " (try: " + error.hint() + ")";
            faults += faults.empty() ? "" : "\n";
            faults += diagnose(spec, need.at, error.message() + hint);
        }
    }
    if (count > 0)
        throw Diagnostics(std::move(faults));
    return table;
}

} // namespace coracle
