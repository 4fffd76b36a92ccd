// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/deb_cache.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "io/file_io.h"
#include "io/hash.h"

namespace coracle {

DebCache::DebCache(std::string directory) : directory_(std::move(directory) + "/sha256") {
    make_directories(directory_);
}

std::string DebCache::path_of(const PinnedDeb& deb) const { return directory_ + "/" + deb.sha256; }

bool DebCache::has(const PinnedDeb& deb) const {
    struct stat status{};
    return ::stat(path_of(deb).c_str(), &status) == 0 &&
           static_cast<uint64_t>(status.st_size) == deb.size;
}

bool DebCache::has_all(const std::vector<PinnedDeb>& debs) const {
    return std::ranges::all_of(debs, [&](const PinnedDeb& deb) { return has(deb); });
}

Fd DebCache::open(const PinnedDeb& deb) const {
    std::string path = path_of(deb);
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) {
        if (errno != ENOENT)
            throw Error::system(errno, fmt::format("open '{}'", path));
        return fd;
    }
    try {
        FileSource file(fd.get(), path);
        VerifyingSource source(file, HashAlgorithm::sha256, deb.sha256, deb.size, deb.name);
        skip(source);
    } catch (const Error&) {
        ::unlink(path.c_str());
        return Fd();
    }
    ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0); // for trim(); not being allowed to is fine
    return fd;
}

/// Moves a verified copy of `file` into its place.
void DebCache::take(const PinnedDeb& deb, const std::string& file) const {
    FileSource raw(file);
    VerifyingSource source(raw, HashAlgorithm::sha256, deb.sha256, deb.size, deb.name);
    AtomicFile target(path_of(deb));
    FileSink sink(target.fd(), target.path());
    copy(source, sink);
    sink.finish();
    target.commit();
}

DebCache::Missing DebCache::ensure(const std::vector<PinnedDeb>& debs, const Apt& apt,
                                   const std::string& snapshot, Reporter& reporter) const {
    std::vector<PinnedDeb> missing;
    std::ranges::copy_if(debs, std::back_inserter(missing),
                         [&](const PinnedDeb& deb) { return !has(deb); });
    if (missing.empty())
        return {};
    uint64_t bytes = 0;
    for (const auto& deb : missing)
        bytes += deb.size;
    Task task(reporter, fmt::format("{} Debian package{}, {}", missing.size(),
                                    missing.size() == 1 ? "" : "s", human_size(bytes)));
    std::vector<std::string> archives;
    for (const auto& source : apt.sources())
        if (std::ranges::find(archives, source.uri) == archives.end())
            archives.push_back(source.uri);
    if (!snapshot.empty())
        archives.push_back(snapshot);
    TempDir downloads(directory_);
    std::string said;
    for (const auto& archive : archives) {
        std::vector<Apt::Download> wanted;
        for (const auto& deb : missing)
            wanted.push_back({archive + "/" + escape_url_path(deb.filename), downloads / deb.sha256,
                              deb.sha256});
        said = apt.fetch(wanted);
        std::erase_if(missing, [&](const PinnedDeb& deb) {
            std::string file = downloads / deb.sha256;
            if (!exists(file))
                return false;
            take(deb, file);
            ::unlink(file.c_str());
            return true;
        });
        if (missing.empty())
            break;
    }
    return {std::move(missing), std::move(said)};
}

std::string DebCache::Missing::cause() const {
    bool gone = said.empty() || said.find(" 404 ") != said.npos;
    return gone ? "is no longer in the archive"
                : "cannot be fetched: " + said.substr(0, said.find(';'));
}

void DebCache::trim(uint64_t bytes) const {
    struct Item {
        std::filesystem::file_time_type used;
        uint64_t size;
        std::filesystem::path path;
    };
    std::vector<Item> items;
    std::error_code error;
    for (const auto& file : std::filesystem::directory_iterator(directory_, error))
        if (file.is_regular_file(error))
            items.push_back({file.last_write_time(error), file.file_size(error), file.path()});
    std::ranges::sort(items, std::greater<>(), &Item::used);
    uint64_t total = 0;
    for (const auto& item : items)
        if ((total += item.size) > bytes)
            std::filesystem::remove(item.path, error);
}

} // namespace coracle
