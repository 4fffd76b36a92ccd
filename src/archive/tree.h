// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "archive/entry.h"
#include "base/fd.h"
#include "io/file_io.h"

namespace coracle {

/// Entries kept in their order, their content in one file, or where it lies already: what many
/// threads gather at once and a Tree then takes in order.
class EntrySpool : public EntrySink {
public:
    /// `file` is empty and open for reading and writing.
    explicit EntrySpool(Fd file) : file_(std::move(file)), sink_(file_.get(), "temporary file") {}
    using EntrySink::add;
    void add(const Entry& entry, Source& content) override;
    void finish() override { sink_.finish(); }

    struct Spooled {
        Entry entry;
        FilePlace place; ///< of the content
    };
    const std::vector<Spooled>& entries() const { return entries_; }
    /// Of content.
    uint64_t bytes() const { return bytes_; }

private:
    std::optional<FilePlace> kept(const FilePlace& place);

    Fd file_;
    FileSink sink_;
    std::vector<Spooled> entries_;
    uint64_t bytes_ = 0;
    std::map<std::pair<dev_t, ino_t>, Fd> others_; ///< files that hold content
};

/// A file, directory or other thing of a Tree, by whatever names.
struct TreeNode {
    EntryType type = EntryType::directory; ///< never hard_link
    uint32_t mode = 0755;
    uint32_t uid = 0;
    uint32_t gid = 0;
    int64_t mtime = 0;
    uint64_t size = 0;       ///< regular: bytes of content; symlink: of its text
    std::string link_target; ///< symlink
    uint32_t device_major = 0;
    uint32_t device_minor = 0;
    std::map<std::string, std::string> xattrs;
    uint32_t names = 1; ///< of all but directories: how many directory entries lead here
    int content_fd = -1;
    uint64_t content_offset = 0;
    /// directory: names in the order of their bytes, to indexes of nodes.
    std::map<std::string, uint32_t, std::less<>> children;

    bool is_directory() const { return type == EntryType::directory; }
};

/// What unpacking entries one after another would leave: a later entry replaces an earlier one of
/// its name, a directory keeps what is in it. Symlinks among the parents of a name are followed as
/// in a system whose root this is, and so never out of it. Content stays in the spools' files.
class Tree {
public:
    static constexpr uint32_t root = 0;

    /// The root is a directory with mode 0755 of root's, with the first entry's time, unless an
    /// entry says otherwise. Missing parents are made likewise.
    Tree();
    /// Lays all entries of `spool` over what is there. Throws for a hard link to nothing and for a
    /// name below something that is not a directory.
    void take(EntrySpool spool);

    const TreeNode& at(uint32_t node) const { return nodes_[node]; }
    /// Some have no name any more.
    size_t size() const { return nodes_.size(); }
    /// The node at `path`, no symlinks followed; nullopt when there is none.
    std::optional<uint32_t> find(const TreePath& path) const;
    /// The content of a regular file. Can be read by many threads at once.
    FileSource content(uint32_t node) const;

private:
    void add(const Entry& entry, const FilePlace& content);
    uint32_t directory_for(const TreePath& path, int64_t time);
    void link(uint32_t directory, std::string_view name, uint32_t node);
    void drop(uint32_t node);

    std::vector<TreeNode> nodes_;
    std::vector<EntrySpool> spools_;
    bool root_given_ = false;
};

} // namespace coracle
