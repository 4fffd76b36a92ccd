// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "archive/entry.h"
#include "image/layer_watch.h"
#include "image/overlay.h"
#include "image/spool.h"
#include "oci/descriptor.h"
#include "store/store.h"

namespace coracle {

/// An entry that is put over what an image brings.
struct Addition {
    Entry entry;
    std::string content = {};
    bool only_if_missing = false;
};

/// What is changed in an image's tree.
struct TreeChanges {
    std::vector<TreePath> remove = {};
    std::vector<Addition> add = {};
};

/// The layers of an image as one tree. Made by reading all layers once for their headers; meanwhile
/// they are spooled unpacked, to be streamed from there each time the tree is opened. Memory grows
/// with the number of entries only.
class MergedImage {
public:
    /// Holds on to `store`. Throws for damaged, hostile or missing layers.
    MergedImage(const Store& store, std::vector<Descriptor> layers, TreeChanges changes = {},
                LayerReading reading = {});

    /// What open() will give, in its order; parents before children.
    std::vector<Entry> headers() const;
    /// The tree from its first entry. Must not outlive the image.
    std::unique_ptr<EntrySource> open() const;
    /// Calls `body` with the regular file at `path`; false when there is none.
    bool with_file(const TreePath& path,
                   const std::function<void(const Entry&, Source&)>& body) const;

private:
    friend class MergedSource;
    const Store& store_;
    std::vector<Descriptor> layers_;
    std::vector<Addition> additions_;
    LayerReading reading_;
    std::vector<Spool> spools_;                     ///< of the layers, as far as there was room
    std::vector<std::vector<Overlay::Step>> steps_; ///< of each layer, then of the additions
};

/// All headers of an entry source, which is read to its end.
std::vector<Entry> read_headers(EntrySource& source);

} // namespace coracle
