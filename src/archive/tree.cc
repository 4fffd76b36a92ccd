// SPDX-License-Identifier: Apache-2.0
#include "archive/tree.h"

#include <deque>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "archive/content.h"
#include "base/error.h"
#include "base/text.h"

namespace coracle {

namespace {

/// As many symlinks as Linux follows in one name (MAXSYMLINKS).
constexpr int most_links = 40;

constexpr uint64_t worth_a_place = 16 << 10; ///< smaller content is copied as fast
constexpr int highest_descriptor = 512;      ///< half of what a process may have open

void copy_meta(const Entry& entry, TreeNode& node) {
    node.type = entry.type;
    node.mode = entry.mode;
    node.uid = entry.uid;
    node.gid = entry.gid;
    node.mtime = entry.mtime;
    node.size = entry.type == EntryType::symlink ? entry.link_target.size() : entry.size;
    node.link_target = entry.link_target;
    node.device_major = entry.device_major;
    node.device_minor = entry.device_minor;
    node.xattrs = entry.xattrs;
}

std::deque<std::string> components(std::string_view path) {
    std::deque<std::string> list;
    for (auto& part : split(path, '/'))
        if (!part.empty())
            list.push_back(std::move(part));
    return list;
}

} // namespace

void EntrySpool::add(const Entry& entry, Source& content) {
    FilePlace where{file_.get(), sink_.position()};
    if (entry.type == EntryType::regular && entry.size > 0) {
        auto place = entry.size >= worth_a_place ? content.place() : std::nullopt;
        if (place)
            place = kept(*place);
        if (place)
            where = *place;
        else
            write_content(entry, content, sink_);
        bytes_ += entry.size;
    }
    entries_.push_back({entry, where});
    entries_.back().entry.provenance = nullptr;
}

/// The same place by a descriptor of our own; nullopt when many are open already.
std::optional<FilePlace> EntrySpool::kept(const FilePlace& place) {
    struct stat facts{};
    if (::fstat(place.fd, &facts) != 0)
        return std::nullopt;
    auto [other, fresh] = others_.try_emplace({facts.st_dev, facts.st_ino});
    if (fresh)
        other->second = Fd(::fcntl(place.fd, F_DUPFD_CLOEXEC, 0));
    if (!other->second || other->second.get() > highest_descriptor) {
        others_.erase(other);
        return std::nullopt;
    }
    return FilePlace{other->second.get(), place.offset};
}

Tree::Tree() : nodes_(1) {}

void Tree::take(EntrySpool spool) {
    for (const auto& [entry, place] : spool.entries())
        add(entry, place);
    spools_.push_back(std::move(spool));
}

std::optional<uint32_t> Tree::find(const TreePath& path) const {
    uint32_t node = root;
    for (const auto& name : components(path.str())) {
        auto found = nodes_[node].children.find(name);
        if (found == nodes_[node].children.end())
            return std::nullopt;
        node = found->second;
    }
    return node;
}

FileSource Tree::content(uint32_t node) const {
    const TreeNode& file = nodes_[node];
    return FileSource(file.content_fd, "temporary file", file.content_offset, file.size);
}

void Tree::add(const Entry& entry, const FilePlace& content) {
    if (nodes_[root].mtime == 0 && !root_given_)
        nodes_[root].mtime = entry.mtime;
    if (entry.path.is_root()) {
        if (!entry.is_directory())
            throw Error("the root is not a directory");
        copy_meta(entry, nodes_[root]);
        root_given_ = true;
        return;
    }
    uint32_t parent = directory_for(entry.path.parent(), entry.mtime);
    std::string_view name = entry.path.name();
    if (entry.type == EntryType::hard_link) {
        TreePath target(entry.link_target);
        uint32_t where = directory_for(target.parent(), entry.mtime);
        auto found = nodes_[where].children.find(target.name());
        if (found == nodes_[where].children.end() || nodes_[found->second].is_directory())
            throw Error("the hard link '{}' refers to '{}', which is no file here",
                        entry.path.str(), entry.link_target);
        uint32_t node = found->second;
        auto same = nodes_[parent].children.find(name);
        if (same != nodes_[parent].children.end() && same->second == node)
            return;
        ++nodes_[node].names;
        link(parent, name, node);
        return;
    }
    auto found = nodes_[parent].children.find(name);
    if (entry.is_directory() && found != nodes_[parent].children.end() &&
        nodes_[found->second].is_directory()) {
        copy_meta(entry, nodes_[found->second]);
        return;
    }
    TreeNode& node = nodes_.emplace_back();
    copy_meta(entry, node);
    node.content_fd = content.fd;
    node.content_offset = content.offset;
    link(parent, name, static_cast<uint32_t>(nodes_.size() - 1));
}

/// Walks down to a directory, through symlinks, and makes what is missing.
uint32_t Tree::directory_for(const TreePath& path, int64_t time) {
    std::vector<uint32_t> way = {root};
    auto todo = components(path.str());
    int links = 0;
    while (!todo.empty()) {
        std::string name = std::move(todo.front());
        todo.pop_front();
        if (name == ".")
            continue;
        if (name == "..") {
            if (way.size() > 1)
                way.pop_back();
            continue;
        }
        auto found = nodes_[way.back()].children.find(name);
        if (found == nodes_[way.back()].children.end()) {
            nodes_.emplace_back().mtime = time;
            uint32_t made = static_cast<uint32_t>(nodes_.size() - 1);
            link(way.back(), name, made);
            way.push_back(made);
            continue;
        }
        const TreeNode& node = nodes_[found->second];
        if (node.type == EntryType::symlink) {
            if (++links > most_links)
                throw Error("too many symlinks on the way to '{}'", path.str());
            if (node.link_target.starts_with('/'))
                way = {root};
            auto more = components(node.link_target);
            todo.insert(todo.begin(), more.begin(), more.end());
        } else if (node.is_directory()) {
            way.push_back(found->second);
        } else {
            throw Error("'{}' has to be a directory and is none", path.str());
        }
    }
    return way.back();
}

void Tree::link(uint32_t directory, std::string_view name, uint32_t node) {
    auto [place, is_new] = nodes_[directory].children.try_emplace(std::string(name), node);
    if (is_new)
        return;
    uint32_t old = std::exchange(place->second, node);
    drop(old);
}

/// What has lost a name; a directory is gone with all that is in it.
void Tree::drop(uint32_t node) {
    std::vector<uint32_t> gone = {node};
    while (!gone.empty()) {
        TreeNode& dropped = nodes_[gone.back()];
        gone.pop_back();
        --dropped.names;
        for (const auto& [name, child] : std::exchange(dropped.children, {}))
            gone.push_back(child);
    }
}

} // namespace coracle
