// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/dockerfile.h"

#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "store/store.h"

namespace coracle {

namespace {

/// The image that buildah left in an OCI layout.
Descriptor import_layout(Store& store, const std::string& directory) {
    Store layout(directory, false);
    auto names = layout.names();
    if (names.size() != 1)
        throw Error("buildah left {} images instead of one", names.size());
    const auto& root = names[0].second;
    auto text = layout.read_document(root);
    auto manifest = Manifest::parse(text, "buildah's image");
    auto take = [&](const Descriptor& blob) {
        auto source = layout.read(blob);
        auto target = store.write(blob.digest.algorithm());
        copy(*source, target);
        target.commit_expecting(blob);
    };
    take(manifest.config);
    for (const auto& layer : manifest.layers)
        take(layer);
    take(root);
    return root;
}

} // namespace

Descriptor build_dockerfile(Store& store, const Package& package, const Platform& platform,
                            const PackageOptions& options) {
    std::string dockerfile = package.directory + "/" + package.dockerfile;
    if (!exists(dockerfile))
        throw Error("package '{}' has no {} and none of the sections debian, guest, files",
                    package.image, package.dockerfile);
    if (!package.extra_sources.empty())
        throw Error("package '{}' has extra-sources, which are not supported yet", package.image);
    if (!find_program("buildah"))
        throw Error("package '{}' is made by a {}, for which buildah is needed", package.image,
                    package.dockerfile)
            .hint("apt-get install buildah");
    Task task(*options.reporter, fmt::format("package {}/{} for {} with buildah", package.org,
                                             package.image, platform.str()));
    TempDir output;
    // Many may build at once.
    std::string image =
        fmt::format("localhost/coracle-package-{}:{}", ::getpid(), platform.architecture);
    std::vector<std::string> command{
        "buildah", "build", "--layers=false", "--timestamp=0", "--platform", platform.str(),
        "--tag",   image,   "--file",         dockerfile};
    if (!package.network)
        command.insert(command.end(), {"--network", "none"});
    if (!package.label.empty())
        command.insert(command.end(), {"--label", "org.mobyproject.config=" + package.label});
    for (const auto& [name, value] : package.build_args)
        command.insert(command.end(), {"--build-arg", name + "=" + value});
    command.push_back(package.directory);
    run_checked({.argv = std::move(command)});
    std::string layout = output / "image";
    run_checked({.argv = {"buildah", "push", image, "oci:" + layout + ":package"}});
    run({.argv = {"buildah", "rmi", image}});
    return import_layout(store, layout);
}

} // namespace coracle
