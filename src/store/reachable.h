// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "oci/descriptor.h"
#include "store/store.h"

namespace coracle {

/// What a manifest or an index in the store points to (a manifest: its layers and its
/// configuration). Nothing for other contents and where the document is absent or damaged.
std::vector<Descriptor> children_of(const Store& store, const Descriptor& descriptor);

/// All that can be reached from some roots, these included, present or not: by digest.
std::map<Digest, Descriptor> reachable(const Store& store, std::vector<Descriptor> roots);

} // namespace coracle
