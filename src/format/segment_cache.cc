// SPDX-License-Identifier: Apache-2.0
#include "format/segment_cache.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/on_disk.h"
#include "io/file_io.h"
#include "io/hash.h"

namespace coracle {

namespace {

/// Stands behind the bytes of a segment.
struct Footer {
    char magic[8] = {'c', 'o', 'r', 'a', 'c', 'l', 'e', '2'};
    Le<uint64_t> size;
    Le<uint64_t> unpacked;
    Le<uint64_t> entries;
    char name[64] = {};     ///< SHA-256 of the name the segment was asked for by
    char checksum[32] = {}; ///< of the bytes
};
static_assert(sizeof(Footer) == 128);

std::optional<Footer> read_footer(int fd, const std::string& name) {
    struct stat status{};
    Footer footer;
    if (::fstat(fd, &status) != 0 || status.st_size < static_cast<off_t>(sizeof footer))
        return std::nullopt;
    auto at = status.st_size - static_cast<off_t>(sizeof footer);
    FileSource source(fd, "segment", static_cast<uint64_t>(at));
    if (read_full(source, {reinterpret_cast<char*>(&footer), sizeof footer}) != sizeof footer)
        return std::nullopt;
    bool right = std::memcmp(footer.magic, Footer().magic, sizeof footer.magic) == 0 &&
                 footer.size == static_cast<uint64_t>(at) &&
                 std::string_view(footer.name, 64) == sha256_hex(name);
    return right ? std::optional(footer) : std::nullopt;
}

std::string checksum_of(int fd, uint64_t size) {
    FileSource source(fd, "segment", 0, size);
    Checksum checksum;
    std::vector<char> buffer(256 << 10);
    while (size_t count = source.read(buffer))
        checksum.update({buffer.data(), count});
    return checksum.hex();
}

bool content_is_right(int fd, const Footer& footer) {
    return checksum_of(fd, footer.size) ==
           std::string_view(footer.checksum, sizeof footer.checksum);
}

} // namespace

SegmentCache::SegmentCache(std::string directory, uint64_t limit)
    : directory_(std::move(directory)), limit_(limit) {
    if (directory_.empty())
        return;
    std::error_code ignored;
    std::filesystem::create_directories(directory_, ignored);
    writable_ = std::filesystem::is_directory(directory_, ignored) &&
                ::access(directory_.c_str(), W_OK) == 0;
}

std::string SegmentCache::path_of(const std::string& name) const {
    return fmt::format("{}/{}", directory_, sha256_hex(name));
}

std::optional<Segment> SegmentCache::find(const std::string& name) {
    auto found = find_here(name);
    return found || remote_ == nullptr ? std::move(found) : fetch(name);
}

Segment SegmentCache::obtain(const std::string& name, const std::function<Segment()>& make) {
    std::mutex& turn = turns_.with([&](auto& turns) -> std::mutex& { return turns[name]; });
    std::lock_guard lock(turn);
    if (auto found = find(name)) {
        found->shared = made_.with([&](auto& made) { return made.contains(name); });
        return std::move(*found);
    }
    Segment segment = make();
    made_.with([&](auto& made) { made.insert(name); });
    return segment;
}

std::optional<Segment> SegmentCache::fetch(const std::string& name) {
    SegmentFile file = create();
    auto facts = remote_->find(name, file);
    if (!facts)
        return std::nullopt;
    file.finish();
    Segment segment = keep_here(name, std::move(file), facts->unpacked, facts->entries);
    segment.reused = segment.fetched = true;
    return segment;
}

std::optional<Segment> SegmentCache::find_here(const std::string& name) {
    if (directory_.empty())
        return std::nullopt;
    wait_for_adopted(name);
    std::string path = path_of(name);
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        return std::nullopt;
    auto footer = read_footer(fd.get(), name);
    if (!footer || !content_is_right(fd.get(), *footer)) {
        ::unlink(path.c_str());
        return std::nullopt;
    }
    ::futimens(fd.get(), nullptr); // used now; fails without harm in a cache that is not ours
    return Segment{std::move(fd), {footer->size, footer->unpacked, footer->entries}, true};
}

void SegmentFile::write(std::string_view data) {
    checksum_.update(data);
    sink_.write(data);
}

SegmentFile SegmentCache::create() {
    return SegmentFile(unnamed_file(writable_ ? directory_ : ""));
}

Segment SegmentCache::keep(const std::string& name, SegmentFile file, uint64_t unpacked,
                           uint64_t entries) {
    Segment segment = keep_here(name, std::move(file), unpacked, entries);
    if (remote_ != nullptr)
        remote_->offer(name, segment);
    return segment;
}

Segment SegmentCache::keep_here(const std::string& name, SegmentFile file, uint64_t unpacked,
                                uint64_t entries) {
    SegmentFacts facts{file.size(), unpacked, entries};
    if (writable_)
        link(name, file.fd_.get(), facts, file.checksum_.hex());
    return {std::move(file.fd_), facts, false};
}

// To sum up a large image takes as long as to copy it, which the build does meanwhile.
Segment SegmentCache::adopt(const std::string& name, Fd file, const SegmentFacts& facts) {
    if (writable_) {
        Fd same(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0));
        auto keep = [this, name, facts, same = std::move(same)] {
            auto size = static_cast<off_t>(facts.size);
            if (::ftruncate(same.get(), size) == 0 && ::lseek(same.get(), size, SEEK_SET) == size)
                link(name, same.get(), facts, checksum_of(same.get(), facts.size));
        };
        adopting_.with([&](auto& adopting) {
            adopting[name] = std::async(std::launch::async, std::move(keep)).share();
        });
    }
    Segment segment{std::move(file), facts};
    if (remote_ != nullptr)
        remote_->offer(name, segment);
    return segment;
}

void SegmentCache::wait_for_adopted(const std::string& name) {
    auto adopted = adopting_.with([&](auto& adopting) {
        auto found = adopting.find(name);
        return found == adopting.end() ? std::shared_future<void>() : found->second;
    });
    if (adopted.valid())
        adopted.wait(); // it may have failed: then there is nothing to find
}

/// Puts the footer where the file stands, and the name on it.
void SegmentCache::link(const std::string& name, int fd, const SegmentFacts& facts,
                        const std::string& checksum) const {
    Footer footer;
    footer.size = facts.size;
    footer.unpacked = facts.unpacked;
    footer.entries = facts.entries;
    std::memcpy(footer.name, sha256_hex(name).data(), sizeof footer.name);
    std::memcpy(footer.checksum, checksum.data(), sizeof footer.checksum);
    write_all(fd, {reinterpret_cast<char*>(&footer), sizeof footer}, "segment");
    // Another process may have been faster: then its file, which has the same bytes, stays.
    std::string self = fmt::format("/proc/self/fd/{}", fd);
    ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path_of(name).c_str(), AT_SYMLINK_FOLLOW);
}

std::string SegmentCache::remember(const std::string& name,
                                   const std::function<std::string()>& make) {
    if (auto found = find_here(name)) {
        FileSource source(found->file.get(), "segment", 0, found->facts.size);
        return read_all(source);
    }
    std::string text = make();
    SegmentFile file = create();
    file.write(text);
    file.finish();
    keep_here(name, std::move(file), text.size(), 0);
    return text;
}

void SegmentCache::trim() {
    if (!writable_)
        return;
    adopting_.with([](auto& adopting) { adopting.clear(); }); // the last to hold a future waits
    struct Kept {
        std::filesystem::path path;
        std::filesystem::file_time_type used;
        uint64_t size;
    };
    std::vector<Kept> all;
    uint64_t total = 0;
    std::error_code error;
    for (const auto& file : std::filesystem::directory_iterator(directory_, error)) {
        Kept kept{file.path(), file.last_write_time(error), file.file_size(error)};
        if (error)
            continue; // another process removed it
        total += kept.size;
        all.push_back(std::move(kept));
    }
    std::ranges::sort(all, {}, &Kept::used);
    for (const auto& kept : all) {
        if (total <= limit_)
            break;
        std::filesystem::remove(kept.path, error);
        total -= kept.size;
    }
}

uint64_t SegmentCache::clear() {
    uint64_t total = 0;
    std::error_code error;
    for (const auto& file : std::filesystem::directory_iterator(directory_, error)) {
        total += file.file_size(error);
        std::filesystem::remove(file.path(), error);
    }
    return total;
}

std::string segment_directory(const std::string& cache) { return cache + "/segments"; }

} // namespace coracle
