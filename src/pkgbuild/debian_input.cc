// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/debian_input.h"

#include "base/error.h"
#include "base/file.h"
#include "pkgbuild/apt.h"
#include "pkgbuild/deb_cache.h"

namespace coracle {

namespace {

constexpr uint64_t cache_bytes = uint64_t{2} << 30;

/// One gathering.
class Gathering {
public:
    Gathering(const Package& package, const Platform& platform, const PackageOptions& options,
              const std::string& cache)
        : package_(package), platform_(platform), options_(options), cache_(cache),
          debs_(cache + "/debs"), path_(lock_path(package, platform)),
          request_(debian_request(package, platform)) {}

    DebianInput run() {
        auto lock = read_lock(package_, platform_);
        if (lock && lock->request != request_)
            lock = outdated();
        else if (!lock && options_.locked)
            throw Error("there is no lock file '{}'", path_)
                .hint("build once without --locked and keep the file");
        if (lock && !fetch(lock->debs))
            lock.reset();
        bool fresh = !lock;
        if (!lock)
            lock = resolve();
        DebianInput input = open(lock->debs);
        if (fresh)
            input.fresh = std::move(lock);
        debs_.trim(cache_bytes);
        return input;
    }

private:
    Apt& apt() {
        if (!apt_)
            apt_ = std::make_unique<Apt>(Apt::Options{.directory = cache_ + "/apt",
                                                      .suite = package_.debian->suite,
                                                      .platform = platform_,
                                                      .mirror = options_.mirror,
                                                      .reporter = options_.reporter});
        return *apt_;
    }
    std::nullopt_t outdated() {
        if (options_.locked)
            throw Error("the lock file '{}' was made for another list of packages", path_)
                .hint("build once without --locked and keep the new file");
        options_.reporter->info("the list of packages has changed: resolving anew");
        return std::nullopt;
    }
    /// False when something is to be had nowhere.
    bool fetch(const std::vector<PinnedDeb>& debs);
    DebianLock resolve();
    DebianInput open(const std::vector<PinnedDeb>& debs);

    const Package& package_;
    const Platform& platform_;
    const PackageOptions& options_;
    std::string cache_;
    DebCache debs_;
    std::string path_;
    std::string request_;
    std::unique_ptr<Apt> apt_;
};

bool Gathering::fetch(const std::vector<PinnedDeb>& debs) {
    if (debs_.has_all(debs))
        return true;
    auto missing = debs_.ensure(debs, apt(), options_.snapshot, *options_.reporter);
    if (missing.debs.empty())
        return true;
    auto cause = fmt::format("{} {}, which '{}' pins, {}", missing.debs[0].name,
                             missing.debs[0].version, path_, missing.cause());
    if (options_.locked)
        throw Error(cause).hint(
            "name an archive that keeps old versions with --debian-snapshot URL");
    options_.reporter->warning(cause + ": resolving anew");
    return false;
}

DebianLock Gathering::resolve() {
    DebianLock lock{request_, apt().resolve(*package_.debian)};
    auto missing = debs_.ensure(lock.debs, apt(), options_.snapshot, *options_.reporter);
    if (!missing.debs.empty())
        throw Error("{} {} {}", missing.debs[0].name, missing.debs[0].version, missing.cause());
    return lock;
}

DebianInput Gathering::open(const std::vector<PinnedDeb>& debs) {
    DebianInput input;
    for (const auto& deb : debs) {
        Fd fd = debs_.open(deb);
        if (!fd.valid()) { // damaged, or trimmed away meanwhile
            debs_.ensure({deb}, apt(), options_.snapshot, *options_.reporter);
            fd = debs_.open(deb);
        }
        if (!fd.valid())
            throw Error("{} {} cannot be fetched from the archive", deb.name, deb.version);
        input.debs.push_back({deb.name, fd.get()});
        input.files.push_back(std::move(fd));
    }
    return input;
}

} // namespace

std::optional<DebianLock> read_lock(const Package& package, const Platform& platform) {
    auto path = lock_path(package, platform);
    auto text = read_file_if_present(path, 4 << 20);
    if (!text)
        return std::nullopt;
    return DebianLock::parse(*text, path);
}

void write_lock(const Package& package, const Platform& platform, DebianLock lock,
                const std::set<std::string>& used, Reporter& reporter) {
    std::erase_if(lock.debs, [&](const PinnedDeb& deb) { return !used.contains(deb.name); });
    try {
        write_file(lock_path(package, platform), lock.str());
    } catch (const Error& error) {
        reporter.warning(fmt::format("the lock file is not written: {}", error.message()));
    }
}

DebianInput gather_debs(const Package& package, const Platform& platform,
                        const PackageOptions& options, const std::string& cache) {
    return Gathering(package, platform, options, cache).run();
}

} // namespace coracle
