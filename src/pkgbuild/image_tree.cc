// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/image_tree.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <fcntl.h>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "io/file_io.h"

namespace coracle {

FileSpool::FileSpool() {
    const char* directory = getenv("TMPDIR");
    std::string path = directory && *directory ? directory : "/tmp";
    file_ = Fd(::open(path.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (file_.valid())
        return;
    path += "/coracle-XXXXXX";
    file_ = Fd(::mkostemp(path.data(), O_CLOEXEC));
    if (!file_.valid())
        throw Error::system(errno, fmt::format("make the temporary file '{}'", path));
    ::unlink(path.c_str());
}

void FileSpool::write(std::string_view data) {
    write_all(file_.get(), data, "a temporary file");
    size_ += data.size();
}

FileSlice FileSpool::append(Source& source, uint64_t size, std::string name) {
    FileSlice slice{file_.get(), size_, size, std::move(name)};
    std::vector<char> buffer(1 << 16);
    for (uint64_t left = size; left > 0;) {
        auto part = std::span(buffer).first(std::min<uint64_t>(left, buffer.size()));
        read_exactly(source, part, slice.name.c_str());
        write({part.data(), part.size()});
        left -= part.size();
    }
    return slice;
}

FileSlice FileSpool::append_all(Source& source, uint64_t limit, std::string name) {
    FileSlice slice{file_.get(), size_, 0, std::move(name)};
    std::vector<char> buffer(1 << 16);
    while (size_t count = source.read(buffer)) {
        slice.size += count;
        if (slice.size > limit)
            throw Error("'{}' unpacks to more than {} bytes", slice.name, limit);
        write({buffer.data(), count});
    }
    return slice;
}

FileSlice FileSpool::append(std::string_view content, std::string name) {
    FileSlice slice{file_.get(), size_, content.size(), std::move(name)};
    write(content);
    return slice;
}

void ImageTree::add(TreeItem item) {
    auto [place, added] = items_.try_emplace(item.entry.path, std::move(item));
    if (added)
        return;
    bool was = place->second.entry.is_directory(), is = item.entry.is_directory();
    if (was != is)
        throw Error("'/{}' is a directory in one place and something else in another",
                    item.entry.path.str());
    if (!is)
        place->second = std::move(item);
}

const TreeItem* ImageTree::find(const TreePath& path) const {
    auto found = items_.find(path);
    return found == items_.end() ? nullptr : &found->second;
}

std::optional<TreePath> ImageTree::resolve(const TreePath& path) const {
    constexpr int most_links = 40; // as in Linux
    std::deque<std::string> left;
    auto push = [&](std::string_view text) {
        auto parts = split(text, '/');
        left.insert(left.begin(), parts.begin(), parts.end());
    };
    push(path.str());
    TreePath at;
    for (int links = 0; !left.empty();) {
        std::string part = std::move(left.front());
        left.pop_front();
        if (part.empty() || part == ".")
            continue;
        if (part == "..") {
            at = at.parent();
            continue;
        }
        TreePath next = at / part;
        const TreeItem* item = find(next);
        if (item && item->entry.type == EntryType::symlink) {
            if (++links > most_links)
                return std::nullopt;
            if (item->entry.link_target.starts_with('/'))
                at = TreePath();
            push(item->entry.link_target);
        } else {
            at = next;
        }
    }
    if (!find(at))
        return std::nullopt;
    return at;
}

void ImageTree::add_parents(int64_t mtime) {
    std::vector<TreePath> missing;
    for (const auto& [path, item] : items_)
        for (TreePath parent = path.parent(); !parent.is_root(); parent = parent.parent()) {
            const TreeItem* found = find(parent);
            if (found && !found->entry.is_directory())
                throw Error("'/{}' lies below '/{}', which is no directory", path.str(),
                            parent.str());
            if (!found)
                missing.push_back(parent);
        }
    for (const auto& path : missing) {
        TreeItem item;
        item.entry.path = path;
        item.entry.type = EntryType::directory;
        item.entry.mode = 0755;
        item.entry.mtime = mtime;
        items_.try_emplace(path, std::move(item));
    }
}

void ImageTree::write(EntrySink& sink) const {
    for (const auto& [path, item] : items_) {
        if (path.is_root())
            continue;
        const auto& content = item.content;
        FileSource source(content.fd, content.name, content.offset, content.size);
        sink.add(item.entry, source);
    }
}

} // namespace coracle
