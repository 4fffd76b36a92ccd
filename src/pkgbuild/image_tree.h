// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "archive/entry.h"
#include "base/fd.h"
#include "pkgbuild/elf.h"

namespace coracle {

/// Keeps contents in one unnamed temporary file until they are wanted. Slices are valid while it
/// lives.
class FileSpool {
public:
    FileSpool();
    /// Takes `size` bytes; fewer are an Error. `name` is for later errors.
    FileSlice append(Source& source, uint64_t size, std::string name);
    /// Takes all there is, up to `limit` bytes.
    FileSlice append_all(Source& source, uint64_t limit, std::string name);
    FileSlice append(std::string_view content, std::string name);

private:
    void write(std::string_view data);

    Fd file_;
    uint64_t size_ = 0;
};

/// One file of an image that is being put together.
struct TreeItem {
    Entry entry;
    FileSlice content = {};
    int origin = -1; ///< index of the Debian package it comes from; -1 = none
};

/// The files of an image by path. A later item replaces an earlier one of the same path, except
/// that a directory stays where another directory comes.
class ImageTree {
public:
    using Items = std::map<TreePath, TreeItem>;

    /// Throws when a directory has to make room for something else, or the other way round.
    void add(TreeItem item);
    void remove(const TreePath& path) { items_.erase(path); }
    const TreeItem* find(const TreePath& path) const;
    const Items& items() const { return items_; }
    Items& items() { return items_; }

    /// The path that `path` leads to when the links of the tree are followed, as in the running
    /// system. nullopt when it leads to nothing that is in the tree.
    std::optional<TreePath> resolve(const TreePath& path) const;

    /// Adds the directories that items lie in but that are missing, root's, with mode 0755. Throws
    /// when an item lies below something that is no directory.
    void add_parents(int64_t mtime);

    /// All items, parents before children, in the order of their paths.
    void write(EntrySink& sink) const;

private:
    Items items_;
};

} // namespace coracle
