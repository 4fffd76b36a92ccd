// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>

#include "archive/entry.h"

namespace coracle {

/// How a tree is moved below a directory.
struct Prefix {
    TreePath directory;
    const PaxList* provenance = nullptr;
    /// Full paths that are left out with all below them, since a later component brings them.
    const std::set<TreePath>* without = nullptr;
    /// Added to all owners: the first of the ids that a user namespace has outside. 0: none is
    /// used.
    uint32_t first_id = 0;
};

/// The owner outside of a user namespace. Throws for an id beyond the namespace's.
uint32_t shifted_id(uint32_t id, uint32_t first_id, const TreePath& path);

/// Adds a tree to a sink, its names and the targets of its hard links below a directory.
void emit_below(const Prefix& prefix, EntrySource& tree, EntrySink& sink);

} // namespace coracle
