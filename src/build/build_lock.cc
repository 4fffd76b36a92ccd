// SPDX-License-Identifier: Apache-2.0
#include "build/build_lock.h"

#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "io/file_io.h"
#include "io/hash.h"
#include "rootfs/files.h"
#include "spec/entry_check.h"
#include "spec/read.h"

namespace coracle {

namespace {

namespace fs = std::filesystem;

constexpr uint64_t max_size = 4 << 20;

bool is_url(const std::string& name) {
    return name.starts_with("http://") || name.starts_with("https://");
}

bool is_local(const std::string& name) { return !is_url(name) && name != standard_input; }

/// The files of this machine that the YAML names: paths as written.
std::set<std::string> host_files(const Spec& spec) {
    std::set<std::string> paths;
    for (const auto& file : each(spec.files))
        if (file.source && !file.source->empty())
            paths.insert(*file.source);
    for (const auto* entries : {&spec.onboot, &spec.onshutdown, &spec.services})
        for (const auto& entry : each(*entries))
            if (names_profile(entry))
                paths.insert(*entry.seccomp);
    return paths;
}

Digest digest_of_file(const std::string& path) {
    FileSource file(path);
    HashingSource hashing(file);
    skip(hashing);
    return Digest::from_hex(HashAlgorithm::sha256, hashing.hex());
}

LockFile read_lock(const std::string& path) {
    auto text = read_file_if_present(path, max_size);
    return text ? LockFile::parse(*text, fmt::format("lock file '{}'", path)) : LockFile{};
}

} // namespace

BuildLock::BuildLock(const std::string& path)
    : BuildLock(path, path.empty()   ? Mode::off
                      : exists(path) ? Mode::follow
                                     : Mode::record) {}

BuildLock BuildLock::to_record(const std::string& path) { return {path, Mode::record}; }

BuildLock::BuildLock(std::string path, Mode mode) : path_(std::move(path)), mode_(mode) {
    if (mode_ == Mode::off)
        return;
    directory_ = fs::absolute(path_).parent_path();
    locked_ = read_lock(path_);
}

std::string BuildLock::from_lock(const std::string& path) const {
    if (path.starts_with("~/") || path == standard_input || is_url(path))
        return path;
    return fs::absolute(path).lexically_normal().lexically_relative(
        fs::path(directory_).lexically_normal());
}

std::vector<std::string> BuildLock::specs() const {
    std::vector<std::string> result;
    result.reserve(locked_.specs.size());
    for (const std::string& name : locked_.specs)
        result.push_back(
            is_local(name)
                ? fs::proximate((fs::path(directory_) / name).lexically_normal()).string()
                : name);
    return result;
}

void BuildLock::take_spec(const Spec& spec, const std::vector<std::string>& files,
                          Reporter& reporter) {
    if (mode_ == Mode::off)
        return;
    for (const std::string& file : files)
        seen_.specs.push_back(file == "-" ? std::string(standard_input) : from_lock(file));
    for (const auto& source : spec.sources) {
        Digest digest = Digest::of(source.text);
        if (is_url(source.name))
            take_url(source.name, digest);
        else
            take_file(source.name, digest, reporter);
    }
    for (const std::string& path : host_files(spec))
        if (std::string full = expand_home(path); exists(full))
            take_file(path, digest_of_file(full), reporter);
}

void BuildLock::take_url(const std::string& url, const Digest& digest) {
    seen_.urls.insert_or_assign(url, digest);
    if (mode_ != Mode::follow)
        return;
    auto found = locked_.urls.find(url);
    if (found == locked_.urls.end())
        throw Error("'{}' is not in lock file '{}'", url, path_)
            .hint(fmt::format("coracle lock update {}", path_));
    if (found->second != digest)
        throw mismatch(fmt::format("'{}'", url), digest.str(), found->second.str());
}

void BuildLock::take_file(const std::string& path, const Digest& digest, Reporter& reporter) {
    std::string name = from_lock(path);
    seen_.files.insert_or_assign(name, digest);
    auto found = locked_.files.find(name);
    if (mode_ == Mode::follow && (found == locked_.files.end() || found->second != digest))
        reporter.info(fmt::format("'{}' is not as it was when '{}' was written", path, path_));
}

void BuildLock::take_package(const std::string& request, const std::string& directory,
                             const std::string& reference) {
    if (mode_ == Mode::off)
        return;
    std::string name = directory.empty() ? request : "@pkg:" + from_lock(directory);
    seen_.packages.insert_or_assign(name, reference);
    auto found = locked_.packages.find(name);
    if (mode_ == Mode::follow && found != locked_.packages.end() && found->second != reference)
        throw mismatch(fmt::format("package '{}'", request), reference, found->second);
}

std::optional<LockedImage> BuildLock::expected(const Reference& reference,
                                               const Platform& platform) const {
    if (mode_ != Mode::follow)
        return std::nullopt;
    auto image = locked_.images.find(reference.full());
    if (image == locked_.images.end() || !image->second.manifests.contains(platform.str()))
        throw Error("image '{}' for {} is not in lock file '{}'", reference.familiar(),
                    platform.str(), path_)
            .hint(fmt::format("coracle lock update {}", path_));
    return image->second;
}

void BuildLock::take_image(const ResolvedImage& image, const Platform& platform) {
    if (mode_ == Mode::off)
        return;
    auto [entry, fresh] =
        seen_.images.try_emplace(image.reference.full(), LockedImage{image.root.digest});
    entry->second.root = image.root.digest;
    entry->second.manifests.insert_or_assign(platform.str(), image.descriptor.digest);
    if (auto locked = expected(image.reference, platform)) {
        const Digest& wanted = locked->manifests.at(platform.str());
        if (wanted != image.descriptor.digest)
            throw mismatch(fmt::format("image '{}'", image.reference.familiar()),
                           image.descriptor.digest.str(), wanted.str(),
                           ", or --pull to have what is locked");
    }
}

std::vector<std::string> BuildLock::save() const {
    if (mode_ != Mode::record)
        return {};
    if (std::string text = seen_.str(); read_file_if_present(path_, max_size) != text)
        write_file(path_, text);
    return differences(locked_, seen_);
}

Error BuildLock::mismatch(const std::string& what, const std::string& is, const std::string& locked,
                          std::string_view alternative) const {
    Error error("{} is {}, but lock file '{}' has {}", what, is, path_, locked);
    error.hint(fmt::format("coracle lock update {}{}", path_, alternative));
    return error;
}

} // namespace coracle
