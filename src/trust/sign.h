// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "oci/reference.h"
#include "registry/options.h"
#include "store/store.h"
#include "trust/key.h"

namespace coracle {

/// How an image is signed.
struct SignOptions {
    bool recursive = false; ///< of an index, also each manifest that it names
    bool referrers = false; ///< as OCI 1.1 referrers instead of under cosign's tag
};

/// What was signed.
struct Signed {
    std::string name; ///< with the digest
    bool made = true; ///< false: the key had signed it already
};

/// Signs an image in its registry, as `cosign sign --key` does: what its tag means now. The
/// signature is for the repository, whatever the tag. Throws when the registry does not have the
/// image.
std::vector<Signed> sign_published(const Reference& reference, const PrivateKey& key,
                                   const SignOptions& options, const RegistryOptions& registry,
                                   Reporter& reporter);

/// Signs an image as the store has it, and keeps the signature there: the root, and the manifests
/// of all platforms that are here.
std::vector<Signed> sign_kept(Store& store, const Reference& reference, const PrivateKey& key);

} // namespace coracle
