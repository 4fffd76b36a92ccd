// SPDX-License-Identifier: Apache-2.0
#include "build/efi_programs.h"

#include "base/error.h"
#include "image/merged_image.h"
#include "oci/manifest.h"
#include "pkgbuild/package.h"

namespace coracle {

namespace {

constexpr const char* package_name = "efi";
constexpr uint64_t most_program = 16 << 20;

} // namespace

std::string efi_program_of_package(Store& store, const Platform& platform, const std::string& name,
                                   Reporter& reporter) {
    auto directory = find_bundled_package(package_name);
    if (!directory)
        throw Error("no package '{}' comes with Coracle", package_name);
    auto built = ensure_package(store, load_package(*directory),
                                {.platforms = {platform}, .reporter = &reporter});
    auto manifest = Manifest::parse(store.read_document(built.manifests.at(0)), built.reference);
    std::string program;
    auto read = [&](const Entry&, Source& content) { program = read_all(content, most_program); };
    if (!MergedImage(store, manifest.layers)
             .with_file(TreePath("usr/lib/systemd/boot/efi/" + name), read))
        throw Error("the package '{}' has no '{}' for {}", package_name, name, platform.str());
    return program;
}

} // namespace coracle
