// SPDX-License-Identifier: Apache-2.0
#include "rootfs/skeleton.h"

#include "rootfs/image_rules.h"
#include "rootfs/key.h"

namespace coracle {

void Skeleton::claim(const TreePath& directory, const PaxList& provenance) {
    bundles_.insert(directory);
    for (TreePath path = directory.parent(); !path.is_root(); path = path.parent())
        owners_.insert_or_assign(path, provenance);
}

void Skeleton::seal() {
    KeyBuilder key("skeleton");
    key.add(static_cast<uint64_t>(time_));
    for (const auto& [path, provenance] : owners_) {
        key.add(path.str());
        for (const auto& [name, value] : provenance)
            key.add(name).add(value);
    }
    set_key(key.hex());
}

void Skeleton::emit(EntrySink& sink) const {
    for (const auto& [path, provenance] : owners_) {
        Entry entry = directory_entry(path, time_);
        entry.provenance = &provenance;
        sink.add(entry);
    }
}

std::set<TreePath> Skeleton::directories() const {
    std::set<TreePath> all = bundles_;
    for (const auto& [path, provenance] : owners_)
        all.insert(path);
    return all;
}

} // namespace coracle
