// SPDX-License-Identifier: Apache-2.0
#include "rootfs/prefix.h"

namespace coracle {

namespace {

/// True for one of the paths and for all that lies below one.
bool is_below(const TreePath& path, const std::set<TreePath>& paths) {
    for (TreePath at = path; !paths.empty() && !at.is_root(); at = at.parent())
        if (paths.contains(at))
            return true;
    return false;
}

} // namespace

void emit_below(const Prefix& prefix, EntrySource& tree, EntrySink& sink) {
    while (auto entry = tree.next()) {
        if (entry->path.is_root())
            continue;
        entry->path = prefix.directory / entry->path;
        if (prefix.without != nullptr && is_below(entry->path, *prefix.without))
            continue;
        if (entry->type == EntryType::hard_link)
            entry->link_target = (prefix.directory / entry->link_target).str();
        entry->provenance = prefix.provenance;
        sink.add(*entry, tree.content());
    }
}

} // namespace coracle
