// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <set>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "oci/manifest.h"
#include "oci/media_types.h"
#include "store/layout.h"
#include "store/store.h"

namespace coracle {

namespace {

namespace fs = std::filesystem;

/// What a manifest or an index points to. Nothing where it is absent, damaged or something else.
std::vector<Descriptor> children_of(const Store& store, const Descriptor& descriptor) {
    bool document = media_type::is_index(descriptor.media_type) ||
                    media_type::is_manifest(descriptor.media_type);
    if (!document || !store.has(descriptor))
        return {};
    try {
        auto parsed = parse_manifest_or_index(store.read_document(descriptor), "", "");
        if (auto* index = std::get_if<Index>(&parsed))
            return std::move(index->manifests);
        auto& manifest = std::get<Manifest>(parsed);
        manifest.layers.push_back(std::move(manifest.config));
        return std::move(manifest.layers);
    } catch (const Error&) {
        return {};
    }
}

std::set<Digest> reachable(const Store& store, std::vector<Descriptor> open) {
    std::set<Digest> marked;
    while (!open.empty()) {
        Descriptor descriptor = std::move(open.back());
        open.pop_back();
        if (!marked.insert(descriptor.digest).second)
            continue;
        std::ranges::move(children_of(store, descriptor), std::back_inserter(open));
    }
    return marked;
}

std::optional<FileLock> lock_alone(const std::string& path, bool wait) {
    if (wait)
        return FileLock(path, FileLock::Mode::exclusive);
    return FileLock::attempt(path, FileLock::Mode::exclusive);
}

// Nobody writes while the lock is held, so whoever made them is dead.
void sweep_temporaries(const std::string& directory) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(own_path(directory, ""), error))
        if (entry.path().extension() == ".tmp")
            fs::remove(entry.path(), error);
}

} // namespace

std::vector<Digest> Store::blobs() const {
    std::vector<Digest> result;
    for (const char* algorithm : {"sha256", "sha512"}) {
        std::error_code error;
        for (const auto& entry :
             fs::directory_iterator(fmt::format("{}/blobs/{}", directory_, algorithm), error)) {
            auto digest = Digest::try_parse(
                fmt::format("{}:{}", algorithm, entry.path().filename().string()));
            if (digest)
                result.push_back(std::move(*digest));
        }
    }
    std::ranges::sort(result);
    return result;
}

std::optional<Swept> Store::collect(bool wait) {
    prepare_writing();
    auto lock = lock_alone(own_path(directory_, "in-use"), wait);
    if (!lock)
        return std::nullopt;
    Swept swept;
    change_index_file(directory_, [&](nlohmann::ordered_json&) {
        std::set<Digest> marked = reachable(*this, roots());
        for (const Digest& digest : blobs()) {
            if (marked.contains(digest))
                continue;
            swept.bytes += size_of(digest).value_or(0);
            ++swept.blobs;
            drop(digest);
        }
        return false;
    });
    sweep_temporaries(directory_);
    return swept;
}

} // namespace coracle
