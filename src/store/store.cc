// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <cerrno>
#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "io/file_io.h"
#include "oci/json.h"
#include "oci/manifest.h"
#include "store/layout.h"

namespace coracle {

namespace {

constexpr uint64_t max_document = 4 << 20;

/// A blob's file, verified as it is read.
class BlobSource : public Source {
public:
    BlobSource(const std::string& path, const Descriptor& descriptor)
        : file_(path), verified_(file_, descriptor.digest.algorithm(), descriptor.digest.hex(),
                                 descriptor.size, fmt::format("blob {}", descriptor.digest.str())) {
    }
    size_t read(std::span<char> buffer) override {
        try {
            return verified_.read(buffer);
        } catch (Error& error) {
            error.hint("coracle cache verify --remove-damaged");
            throw;
        }
    }

private:
    FileSource file_;
    VerifyingSource verified_;
};

nlohmann::ordered_json named(const Descriptor& root, const std::string& name) {
    Descriptor entry = root;
    entry.annotations[annotation::ref_name] = name;
    return entry.to_json();
}

/// Puts an entry in the place of the first of its name, drops further ones, else appends it.
void replace_entry(nlohmann::ordered_json& manifests, const Descriptor& root,
                   const std::string& name) {
    auto result = nlohmann::ordered_json::array();
    bool placed = false;
    for (auto& entry : manifests) {
        if (ref_name(entry) != name)
            result.push_back(std::move(entry));
        else if (!std::exchange(placed, true))
            result.push_back(named(root, name));
    }
    if (!placed)
        result.push_back(named(root, name));
    manifests = std::move(result);
}

} // namespace

Store::Store(std::string directory, bool create) : directory_(std::move(directory)) {
    if (check_layout(directory_))
        return;
    if (!create)
        throw Error("there is no image cache in '{}'", directory_);
    make_layout(directory_);
}

void Store::prepare_writing() const {
    if (::mkdir(own_path(directory_, "").c_str(), 0755) != 0 && errno != EEXIST)
        throw Error::system(errno, fmt::format("write to the cache '{}'", directory_));
}

Store::Session Store::session() const {
    Session session;
    if (::access(directory_.c_str(), W_OK) != 0)
        return session;
    prepare_writing();
    std::string path = own_path(directory_, "in-use");
    session.lock_.emplace(path, FileLock::Mode::shared);
    return session;
}

std::vector<std::pair<std::string, Descriptor>> Store::names() const {
    std::vector<std::pair<std::string, Descriptor>> result;
    for (Descriptor& root : roots()) {
        std::string name = root.annotation(annotation::ref_name);
        root.annotations.erase(annotation::ref_name);
        if (!name.empty())
            result.emplace_back(std::move(name), std::move(root));
    }
    return result;
}

std::vector<Descriptor> Store::roots() const {
    std::string name = fmt::format("'{}/index.json'", directory_);
    nlohmann::json index = parse_json(read_index_file(directory_), name, {.bytes = 64 << 20});
    json_object(index, name);
    std::vector<Descriptor> result;
    const nlohmann::json* manifests = json_member(index, "manifests");
    if (!manifests)
        return result;
    if (!manifests->is_array())
        throw Error("{}: 'manifests' is not a list", name);
    for (const auto& entry : *manifests)
        result.push_back(
            Descriptor::from_json(entry, fmt::format("manifests[{}] in {}", result.size(), name)));
    return result;
}

std::optional<Descriptor> Store::find(const Reference& reference) const {
    const std::string full = reference.full();
    std::optional<Descriptor> same_digest;
    for (auto& [name, root] : names()) {
        if (reference.digest() ? root.digest != *reference.digest() : name != full)
            continue;
        if (name == full)
            return std::move(root);
        if (!same_digest)
            same_digest = std::move(root);
    }
    if (same_digest || !reference.digest())
        return same_digest;
    return find_unnamed(*reference.digest());
}

std::optional<Descriptor> Store::find_unnamed(const Digest& digest) const {
    auto size = size_of(digest);
    if (!size || *size > max_document)
        return std::nullopt;
    Descriptor descriptor{.media_type = "", .digest = digest, .size = *size};
    std::string name = fmt::format("blob {}", digest.str());
    auto document = parse_manifest_or_index(read_document(descriptor), "", name);
    descriptor.media_type =
        std::visit([](const auto& parsed) { return parsed.media_type; }, document);
    return descriptor;
}

std::string Store::path_of(const Digest& digest) const { return blob_path(directory_, digest); }

std::optional<uint64_t> Store::size_of(const Digest& digest) const {
    struct stat status{};
    std::string path = path_of(digest);
    if (::stat(path.c_str(), &status) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return std::nullopt;
        throw Error::system(errno, fmt::format("read '{}'", path));
    }
    if (!S_ISREG(status.st_mode))
        throw Error("'{}' is not a regular file", path);
    return static_cast<uint64_t>(status.st_size);
}

bool Store::has(const Digest& digest) const { return size_of(digest).has_value(); }

bool Store::has(const Descriptor& descriptor) const {
    return size_of(descriptor.digest) == descriptor.size;
}

std::unique_ptr<Source> Store::read(const Descriptor& descriptor) const {
    if (!has(descriptor.digest))
        throw Error("blob {} is not in the cache '{}'", descriptor.digest.str(), directory_)
            .hint("pull or build its image again");
    return std::make_unique<BlobSource>(path_of(descriptor.digest), descriptor);
}

std::string Store::read_document(const Descriptor& descriptor) const {
    if (descriptor.size > max_document)
        throw Error("document {} is larger than 4 MiB", descriptor.digest.str());
    return read_all(*read(descriptor), max_document);
}

Descriptor Store::put(std::string_view content, std::string media_type) {
    Descriptor descriptor{std::move(media_type), Digest::of(content), content.size()};
    if (has(descriptor))
        return descriptor;
    BlobWriter writer = write();
    writer.write(content);
    return writer.commit_expecting(descriptor);
}

BlobWriter Store::write(HashAlgorithm algorithm) {
    prepare_writing();
    if (algorithm == HashAlgorithm::sha512)
        make_directories(directory_ + "/blobs/sha512");
    return BlobWriter(directory_, algorithm);
}

void Store::tag(const Reference& reference, const Descriptor& root) {
    if (reference.digest() && *reference.digest() != root.digest)
        throw Error("{} cannot mean {}", reference.familiar(), root.digest.str());
    prepare_writing();
    change_index_file(directory_, [&](nlohmann::ordered_json& manifests) {
        replace_entry(manifests, root, reference.full());
        return true;
    });
}

Descriptor Store::tag_platform(const Reference& reference, const Platform& platform,
                               const Descriptor& manifest) {
    prepare_writing();
    std::optional<Descriptor> result;
    change_index_file(directory_, [&](nlohmann::ordered_json& manifests) {
        std::optional<Descriptor> old;
        for (auto& [name, root] : names())
            if (name == reference.full())
                old = root;
        Index index = with_platform(old, platform, manifest);
        result = put(index.str(), index.media_type);
        replace_entry(manifests, *result, reference.full());
        return true;
    });
    return *result;
}

bool Store::untag(const std::string& name) {
    prepare_writing();
    bool found = false;
    change_index_file(directory_, [&](nlohmann::ordered_json& manifests) {
        auto kept = nlohmann::ordered_json::array();
        for (auto& entry : manifests)
            if (ref_name(entry) != name)
                kept.push_back(std::move(entry));
        found = kept.size() != manifests.size();
        manifests = std::move(kept);
        return found;
    });
    return found;
}

void Store::clear() {
    prepare_writing();
    change_index_file(directory_, [&](nlohmann::ordered_json& manifests) {
        manifests = nlohmann::ordered_json::array();
        return true;
    });
}

void Store::drop(const Digest& digest) {
    std::string path = path_of(digest);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        throw Error::system(errno, fmt::format("remove '{}'", path));
}

std::string default_store_directory() {
    if (const char* directory = std::getenv("LINUXKIT_CACHE"); directory && *directory)
        return directory;
    const char* home = std::getenv("HOME");
    if (!home || !*home)
        throw Error("there is no home directory for the image cache").hint("--cache DIRECTORY");
    return fmt::format("{}/.linuxkit/cache", home);
}

} // namespace coracle
