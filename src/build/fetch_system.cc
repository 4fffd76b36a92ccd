// SPDX-License-Identifier: Apache-2.0
#include "build/fetch_system.h"

#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "build/system_artifact.h"
#include "format/outputs.h"
#include "io/hash.h"
#include "registry/pull.h"
#include "trust/verifier.h"

namespace coracle {

namespace {

namespace fs = std::filesystem;

std::string systems_directory(const std::string& cache) { return cache + "/systems"; }

/// As a signature sees it: an image is its manifest.
ResolvedImage signed_form(const Artifact& artifact) {
    return {.reference = artifact.reference,
            .root = artifact.descriptor,
            .descriptor = artifact.descriptor,
            .manifest = artifact.manifest,
            .config = {},
            .platform = {}};
}

bool is_as_pushed(const std::string& path, const Descriptor& layer) {
    std::error_code error;
    if (!fs::is_regular_file(fs::symlink_status(path, error)) ||
        fs::file_size(path, error) != layer.size || error)
        return false;
    FileSource file(path);
    HashingSource hashing(file, layer.digest.algorithm());
    skip(hashing);
    return hashing.hex() == layer.digest.hex();
}

bool are_as_pushed(const Artifact& system, const std::string& directory,
                   const std::vector<std::string>& names) {
    for (size_t i = 0; i < names.size(); ++i)
        if (!is_as_pushed(directory + "/" + names[i], system.manifest.layers[i]))
            return false;
    return true;
}

} // namespace

Artifact fetch_system(Store& store, const Reference& reference, const FetchOptions& options,
                      Reporter& reporter) {
    auto session = store.session();
    std::optional<Policy> policy;
    if (!options.verify.empty())
        policy = Policy::read(options.verify);
    auto accept = [&](const Artifact& artifact) {
        check_system(artifact.manifest, reference.familiar());
        if (policy)
            Verifier(*policy, options.registry, reporter).check(store, signed_form(artifact));
    };
    if (options.prefer_cache)
        if (auto kept = find_artifact(store, reference)) {
            accept(*kept);
            return std::move(*kept);
        }
    return pull_artifact(store, reference, accept, options.registry, reporter);
}

std::vector<std::pair<std::string, uint64_t>> write_system(const Store& store,
                                                           const Artifact& system,
                                                           const std::string& directory,
                                                           const std::string& name) {
    auto session = store.session();
    auto names = file_names(system.manifest, name);
    if (!directory.empty())
        make_directories(directory);
    Outputs outputs;
    for (size_t i = 0; i < names.size(); ++i) {
        FileSink& sink = outputs.create(directory.empty() ? names[i] : directory + "/" + names[i]);
        copy(*store.read(system.manifest.layers[i]), sink);
    }
    return outputs.commit();
}

std::string unpack_system(const Store& store, const Artifact& system) {
    auto names = file_names(system.manifest);
    std::string directory =
        fmt::format("{}/{}", systems_directory(store.directory()), system.descriptor.digest.hex());
    if (!are_as_pushed(system, directory, names))
        write_system(store, system, directory);
    std::string name = system_name(system.manifest);
    return fmt::format("{}/{}", directory, names.size() == 1 || name.empty() ? names[0] : name);
}

uint64_t clear_systems(const std::string& cache) {
    uint64_t total = 0;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(systems_directory(cache), error))
        if (entry.is_regular_file(error))
            total += entry.file_size(error);
    fs::remove_all(systems_directory(cache), error);
    return total;
}

} // namespace coracle
