// SPDX-License-Identifier: Apache-2.0
#include "rootfs/prefix.h"

#include "base/error.h"
#include "rootfs/container_config.h"

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

uint32_t shifted_id(uint32_t id, uint32_t first_id, const TreePath& path) {
    if (first_id == 0)
        return id;
    if (id >= ids_per_container)
        throw Error(
            "'{}' belongs to the id {}, but a container with 'userns: auto' has just {} ids",
            path.str(), id, ids_per_container);
    return first_id + id;
}

void emit_below(const Prefix& prefix, EntrySource& tree, EntrySink& sink) {
    while (auto entry = tree.next()) {
        if (entry->path.is_root())
            continue;
        entry->path = prefix.directory / entry->path;
        if (prefix.without != nullptr && is_below(entry->path, *prefix.without))
            continue;
        if (entry->type == EntryType::hard_link)
            entry->link_target = (prefix.directory / entry->link_target).str();
        entry->uid = shifted_id(entry->uid, prefix.first_id, entry->path);
        entry->gid = shifted_id(entry->gid, prefix.first_id, entry->path);
        entry->provenance = prefix.provenance;
        sink.add(*entry, tree.content());
    }
}

} // namespace coracle
