// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "archive/entry.h"
#include "image/limits.h"
#include "io/memory.h"

namespace coracle {

/// Headers of trees laid over each other, lowest first: which of them owns each path in the end.
/// Works on names alone; symbolic links on the way to a name are followed inside the tree, as in a
/// chroot.
///
/// Whiteouts are those of the OCI image specification, "Layer Filesystem Changeset": `.wh.NAME` and
/// `.wh..wh..opq` hide what layers below brought, never what their own layer brings.
class Overlay {
public:
    enum class Whiteouts { apply, none };

    explicit Overlay(TreeLimits limits = {}) : limits_(limits) {}

    /// Lays one more layer on top: `headers` in the order in which its entries come. Throws Error
    /// for what a file system could not hold (a name below a file, a hard link without a target,
    /// ...) and for more than the limits.
    void add_layer(const std::vector<Entry>& headers, Whiteouts whiteouts = Whiteouts::apply);

    /// One entry to emit.
    struct Step {
        static constexpr uint32_t made_up = UINT32_MAX;
        uint32_t owner = 0;         ///< the layer that the entry is from, which may be a higher one
        uint32_t ordinal = made_up; ///< its place there; a directory may come from no layer
        bool content = false;       ///< a regular file: its content is that of the entry there
        Entry entry;
    };

    /// True when there is such an entry; links above it are followed.
    bool contains(const TreePath& path);
    /// Removes an entry and all below it, as if no layer had brought it.
    void remove(const TreePath& path);

    /// What each layer contributes, in the order of its entries: parents before children and files
    /// before their hard links, also across layers when these are emitted one after another. Every
    /// path comes once. Ends the overlay.
    std::vector<std::vector<Step>> finish();

private:
    struct Inode {
        uint32_t layer;
        uint32_t ordinal;
        Entry header;
        uint32_t names = 0;
        bool emitted = false;
    };
    using Nodes = std::map<std::string, uint32_t, std::less<>>;

    void apply_whiteout(const TreePath& path);
    void apply_entry(const Entry& header, uint32_t ordinal);
    void apply_hard_link(const Entry& header, const TreePath& path, uint32_t ordinal);
    TreePath place(const TreePath& path);
    TreePath resolve_directory(const TreePath& path);
    const Inode* find(std::string_view path) const;
    void put(const TreePath& path, uint32_t inode);
    uint32_t make(const Entry& header, uint32_t ordinal);
    void erase_below(const std::string& path);
    void emit(const std::string& path, uint32_t inode, std::vector<Step>& steps);
    void emit_parents(std::string_view path, std::vector<Step>& steps);

    TreeLimits limits_;
    uint64_t header_bytes_ = 0; ///< names and attributes of all inodes
    Nodes nodes_;
    std::vector<Inode> inodes_;
    uint32_t layer_ = 0;
    TreePath last_asked_;
    TreePath last_found_;
    bool last_valid_ = false;
};

/// The entries that one layer of a finished overlay contributes, with their content from the layer.
class OverlaySource : public EntrySource {
public:
    /// `layer` gives the same entries as when its headers were taken.
    OverlaySource(EntrySource& layer, const std::vector<Overlay::Step>& steps)
        : layer_(layer), steps_(steps) {}
    std::optional<Entry> next() override;
    Source& content() override;
    /// Where the last entry is from.
    const Overlay::Step& step() const { return steps_[at_ - 1]; }

private:
    EntrySource& layer_;
    const std::vector<Overlay::Step>& steps_;
    size_t at_ = 0;
    MemorySource none_;
    uint32_t position_ = 0; ///< entries taken from the layer
    bool drained_ = false;
};

} // namespace coracle
