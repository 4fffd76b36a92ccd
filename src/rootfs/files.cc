// SPDX-License-Identifier: Apache-2.0
#include "rootfs/files.h"

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <set>

#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "io/file_io.h"
#include "io/hash.h"
#include "io/memory.h"
#include "spec/write.h"

namespace coracle {

std::string expand_home(const std::string& path) {
    const char* home = std::getenv("HOME");
    if (path.starts_with("~/") && home != nullptr)
        return home + path.substr(1);
    return path;
}

namespace {

/// Fills in content from the host; false when an optional file is not there.
bool read_source(const FileSpec& file, FileItem& item) {
    std::string path = expand_home(*file.source);
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        if (errno == ENOENT && file.optional.value_or(false))
            return false;
        throw Error::system(errno, fmt::format("read '{}'", path));
    }
    if (!S_ISREG(status.st_mode))
        throw Error("'{}' is not a regular file", path);
    FileSource source(path);
    HashingSource hashing(source);
    item.entry.size = skip(hashing);
    item.hash = hashing.hex();
    item.host_path = std::move(path);
    return true;
}

bool fill(const Spec& spec, const FileSpec& file, FileItem& item) {
    Entry& entry = item.entry;
    if (file.is_directory()) {
        entry.type = EntryType::directory;
    } else if (file.symlink) {
        entry.type = EntryType::symlink;
        entry.link_target = *file.symlink;
    } else if (file.source && !file.source->empty()) {
        return read_source(file, item);
    } else {
        if (file.metadata && !file.metadata->empty())
            item.content = *file.metadata == "json" ? to_json(spec) : to_yaml(spec);
        else
            item.content = file.contents.value_or("");
        entry.size = item.content.size();
    }
    return true;
}

std::string place_of(const FileSpec& file, size_t number) {
    if (file.at.line > 0)
        return fmt::format("for files[{}] at {}:{}", number, file.at.file, file.at.line);
    return fmt::format("for files[{}]", number);
}

} // namespace

std::vector<FileItem> plan_files(const Spec& spec, const IdMap& ids, int64_t time) {
    std::vector<FileItem> items;
    size_t number = 0;
    for (const auto& file : each(spec.files)) {
        within([&] { return place_of(file, number); },
               [&] {
                   FileItem item;
                   item.entry.path = TreePath(file.path);
                   item.entry.mode = file.mode_bits();
                   item.entry.uid = resolve_id(file.uid, ids);
                   item.entry.gid = resolve_id(file.gid, ids);
                   item.entry.mtime = time;
                   item.number = number;
                   if (item.entry.path.is_root())
                       throw Error("the path '{}' names no file", file.path);
                   if (fill(spec, file, item))
                       items.push_back(std::move(item));
               });
        ++number;
    }
    return items;
}

namespace {

uint32_t directory_mode(uint32_t mode) {
    uint32_t result = mode & 0777;
    for (uint32_t shift : {0U, 3U, 6U})
        if ((result >> shift) & 7)
            result |= 1U << shift;
    return result;
}

} // namespace

std::vector<FileItem> with_directories(const std::vector<FileItem>& items,
                                       const std::function<bool(const TreePath&)>& exists) {
    std::vector<FileItem> all;
    std::set<TreePath> made;
    for (const auto& item : items) {
        std::vector<TreePath> missing;
        for (TreePath path = item.entry.path.parent(); !path.is_root(); path = path.parent())
            if (made.insert(path).second && !exists(path))
                missing.push_back(path);
        for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
            FileItem directory;
            directory.entry = item.entry;
            directory.entry.path = *path;
            directory.entry.type = EntryType::directory;
            directory.entry.mode = directory_mode(item.entry.mode);
            directory.entry.size = 0;
            directory.entry.link_target.clear();
            directory.number = item.number;
            all.push_back(std::move(directory));
        }
        if (item.entry.is_directory())
            made.insert(item.entry.path);
        all.push_back(item);
    }
    return all;
}

struct FileItemSource::Open {
    explicit Open(const FileItem& item) : memory(item.content) {
        if (item.host_path.empty())
            return;
        file = std::make_unique<FileSource>(item.host_path);
        verified =
            std::make_unique<VerifyingSource>(*file, HashAlgorithm::sha256, item.hash,
                                              item.entry.size, fmt::format("'{}'", item.host_path));
    }
    Source& source() { return verified ? static_cast<Source&>(*verified) : memory; }

    MemorySource memory;
    std::unique_ptr<FileSource> file;
    std::unique_ptr<VerifyingSource> verified;
};

FileItemSource::FileItemSource(const std::vector<FileItem>& items) : items_(items) {}
FileItemSource::~FileItemSource() = default;

std::optional<Entry> FileItemSource::next() {
    if (open_)
        skip(open_->source()); // to its end, where a changed file shows
    open_.reset();
    if (at_ == items_.size())
        return std::nullopt;
    const FileItem& item = items_[at_++];
    open_ = std::make_unique<Open>(item);
    return item.entry;
}

Source& FileItemSource::content() { return open_->source(); }

} // namespace coracle
