// SPDX-License-Identifier: Apache-2.0
#include "build/ensure_images.h"

#include <set>

#include "base/error.h"
#include "pkgbuild/package.h"
#include "registry/pull.h"
#include "spec/read.h"
#include "store/resolve.h"

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

/// Pulls an image if need be. Throws when it cannot be had.
void bring(Store& store, const std::string& name, const Platform& platform,
           const ImageAccess& access, Reporter& reporter) {
    Reference reference = Reference::parse(name);
    bool here = find_image(store, reference, platform).has_value();
    if (here && !access.always_pull)
        return;
    try {
        pull(store, reference, platform, access.registry, reporter);
    } catch (const Error& error) {
        Error fault("image '{}' {}cannot be pulled: {}", name,
                    here ? "" : "is not in the cache and ", error.message());
        throw error.hint().empty() ? fault : fault.hint(error.hint());
    }
}

} // namespace

void ensure_packages(Spec& spec, Store& store, const Platform& platform, Reporter& reporter) {
    resolve_packages(spec, [&](const PackageRequest& request) {
        return within(
            [&] { return fmt::format("for {} at {}:{}", request.text, request.at.file,
                                     request.at.line); },
            [&] {
                PackageOptions options;
                options.platforms = {platform};
                options.reporter = &reporter;
                return ensure_package(store, load_package(directory_of(request)), options)
                    .reference;
            });
    });
}

void ensure_images(Spec& spec, Store& store, const Platform& platform, const ImageAccess& access,
                   Reporter& reporter) {
    std::set<std::string> seen;
    std::string faults;
    int count = 0;
    for_each_image(spec, [&](ImageName& image) {
        constexpr int most = 10;
        if (image.empty() || count == most || !seen.insert(image.text).second)
            return;
        try {
            bring(store, image.text, platform, access, reporter);
        } catch (const Error& error) {
            ++count;
            std::string hint = error.hint().empty() ? "" : " (try: " + error.hint() + ")";
            faults += faults.empty() ? "" : "\n";
            faults += diagnose(spec, image.at, error.message() + hint);
        }
    });
    if (count > 0)
        throw Diagnostics(std::move(faults));
}

} // namespace coracle
