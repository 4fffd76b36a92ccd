// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "oci/manifest.h"
#include "registry/repository.h"

namespace coracle {

// Documents that belong to another: signatures, bills of materials, provenance (OCI distribution
// specification 1.1, "Listing Referrers" and "Referrers Tag Schema").

/// The documents whose subject is `subject`, of one artifact type or ("") of all. Where the
/// registry does not list referrers, those that the index under their tag names. None is no error.
/// At most Index::max_manifests; more is an error.
std::vector<Descriptor> referrers_of(Repository& repository, const Digest& subject,
                                     const std::string& artifact_type = "");

/// Puts a manifest that has a subject into a registry, and into the index of referrers where the
/// registry does not keep one itself. Its blobs must be there already. Returns its descriptor, with
/// its artifact type and its annotations.
Descriptor push_referrer(Repository& repository, const Manifest& manifest);

/// The tag under which the referrers of a digest are named: "sha256-HEX".
std::string referrers_tag(const Digest& subject);

} // namespace coracle
