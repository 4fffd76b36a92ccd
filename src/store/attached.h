// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "oci/descriptor.h"
#include "store/store.h"

namespace coracle {

// Documents that belong to a content of a store, e.g. its signatures: entries of index.json without
// a name, which say what they belong to. They stay as long as a name reaches that content.

/// Attaches manifests to a content; those attached before stay, at most 32 of all, the latest.
void attach(Store& store, const Digest& subject, const std::vector<Descriptor>& manifests);

/// All that is attached, with what it is attached to.
std::vector<std::pair<Digest, Descriptor>> attachments(const Store& store);

/// What is attached to a content, the latest first.
std::vector<Descriptor> attached_to(const Store& store, const Digest& subject);

/// For collect(): takes out of the entries of index.json what belongs to contents that no other
/// entry reaches. Returns the contents of those that are left.
std::vector<Descriptor> drop_orphans(const Store& store, nlohmann::ordered_json& entries);

} // namespace coracle
