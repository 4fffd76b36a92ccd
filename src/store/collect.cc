// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "store/attached.h"
#include "store/layout.h"
#include "store/reachable.h"
#include "store/store.h"

namespace coracle {

namespace {

namespace fs = std::filesystem;

std::optional<FileLock> lock_alone(const std::string& path, bool wait) {
    if (wait)
        return FileLock(path, FileLock::Mode::exclusive);
    return FileLock::attempt(path, FileLock::Mode::exclusive);
}

// Nobody writes while the lock is held, so whoever made them is dead.
uint64_t sweep_temporaries(const std::string& directory) {
    std::error_code error;
    uint64_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(own_path(directory, ""), error)) {
        bool partial = entry.path().extension() == ".partial";
        if (!partial && entry.path().extension() != ".tmp")
            continue;
        uint64_t size = entry.file_size(error);
        if (fs::remove(entry.path(), error) && partial)
            bytes += size;
    }
    return bytes;
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

std::optional<Swept> Store::collect(bool wait, const Forget& forget) {
    prepare_writing();
    auto lock = lock_alone(own_path(directory_, "in-use"), wait);
    if (!lock)
        return std::nullopt;
    // First the names: who is killed in between leaves blobs without a name, not the reverse.
    change_index_file(directory_, [&](nlohmann::ordered_json& entries) {
        size_t before = entries.size();
        auto kept = nlohmann::ordered_json::array();
        for (auto& entry : entries)
            if (std::string name = ref_name(entry); name.empty() || !forget || !forget(name))
                kept.push_back(std::move(entry));
        entries = std::move(kept);
        drop_orphans(*this, entries);
        return entries.size() != before;
    });
    Swept swept;
    change_index_file(directory_, [&](nlohmann::ordered_json&) {
        auto marked = reachable(*this, roots());
        for (const Digest& digest : blobs()) {
            if (marked.contains(digest))
                continue;
            swept.bytes += size_of(digest).value_or(0);
            ++swept.blobs;
            drop(digest);
        }
        return false;
    });
    swept.bytes += sweep_temporaries(directory_);
    return swept;
}

} // namespace coracle
