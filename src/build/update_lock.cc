// SPDX-License-Identifier: Apache-2.0
#include "build/update_lock.h"

#include <set>

#include "base/error.h"
#include "build/bring_images.h"
#include "store/store.h"

namespace coracle {

namespace {

std::set<Platform> platforms_in(const LockFile& lock) {
    std::set<Platform> result;
    for (const auto& [name, image] : lock.images)
        for (const auto& [platform, digest] : image.manifests)
            result.insert(Platform::parse(platform));
    return result;
}

} // namespace

std::vector<std::string> update_lock(const BuildOptions& given,
                                     const std::vector<Platform>& platforms) {
    BuildOptions options = given;
    BuildLock lock = BuildLock::to_record(options.lock);
    if (options.files.empty())
        options.files = lock.specs();
    if (options.files.empty())
        throw Error("there is no lock file '{}' yet", options.lock)
            .hint(fmt::format("coracle lock update {} FILE.yml", options.lock));
    std::set<Platform> wanted(platforms.begin(), platforms.end());
    if (wanted.empty())
        wanted = platforms_in(lock.file());
    if (wanted.empty())
        wanted.insert(Platform::host());
    Store store(options.cache);
    auto session = store.session();
    const Spec spec = read_build_spec(options);
    lock.take_spec(spec, options.files, *options.reporter);
    for (const Platform& platform : wanted) {
        options.platform = platform;
        Spec resolved = spec;
        bring_images(resolved, store, options, lock);
    }
    return lock.save();
}

} // namespace coracle
