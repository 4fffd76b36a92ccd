// SPDX-License-Identifier: Apache-2.0
#include "build/ensure_images.h"

#include <set>

#include "base/error.h"
#include "pkgbuild/package.h"
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

/// Why an image cannot be had, or "".
std::string fault_of(const Store& store, const std::string& name, const Platform& platform) {
    try {
        if (find_image(store, Reference::parse(name), platform))
            return "";
        return fmt::format("image '{}' is not in the cache {}", name, store.directory());
    } catch (const Error& error) {
        return error.message();
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

void ensure_images(Spec& spec, Store& store, const Platform& platform) {
    std::set<std::string> seen;
    std::string faults;
    int count = 0;
    for_each_image(spec, [&](ImageName& image) {
        if (image.empty() || image.is_package() || !seen.insert(image.text).second)
            return;
        std::string fault = fault_of(store, image.text, platform);
        if (!fault.empty() && ++count <= 10) {
            faults += faults.empty() ? "" : "\n";
            faults += diagnose(spec, image.at, fault);
        }
    });
    if (count > 0)
        throw Diagnostics(std::move(faults));
}

} // namespace coracle
