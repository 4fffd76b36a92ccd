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
};

/// Adds a tree to a sink, its names and the targets of its hard links below a directory.
void emit_below(const Prefix& prefix, EntrySource& tree, EntrySink& sink);

} // namespace coracle
