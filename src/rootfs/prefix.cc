// SPDX-License-Identifier: Apache-2.0
#include "rootfs/prefix.h"

namespace coracle {

void emit_below(const Prefix& prefix, EntrySource& tree, EntrySink& sink) {
    while (auto entry = tree.next()) {
        if (entry->path.is_root())
            continue;
        entry->path = prefix.directory / entry->path;
        if (prefix.without != nullptr && prefix.without->contains(entry->path))
            continue;
        if (entry->type == EntryType::hard_link)
            entry->link_target = (prefix.directory / entry->link_target).str();
        entry->provenance = prefix.provenance;
        sink.add(*entry, tree.content());
    }
}

} // namespace coracle
