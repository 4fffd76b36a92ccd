// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "oci/reference.h"
#include "registry/options.h"
#include "registry/repository.h"
#include "store/store.h"

namespace coracle {

/// A signature as it lies in a manifest: what is signed, and the signature over it. Nothing of it
/// is checked yet.
struct Signature {
    std::string payload;
    std::string signature; ///< bytes; empty when what the manifest has is not base64
};

/// More than so many signatures of one image are not looked at.
inline constexpr size_t max_signatures = 64;

/// The signatures that the store keeps for some contents, in the order in which they came, at most
/// `max_signatures`. Throws when one is damaged.
std::vector<Signature> kept_signatures(const Store& store, const std::vector<Digest>& subjects);

/// Brings the signatures of some contents of a repository into the store, which keeps them as long
/// as it has what they sign: those under cosign's tag ("sha256-HEX.sig") and those among the
/// referrers. Returns how many manifests of signatures there were.
size_t fetch_signatures(Store& store, Repository& repository, const std::vector<Digest>& subjects);

/// As above, from every server that may have the image, in the order in which pull() asks them,
/// until `enough`, which is asked after each that answers. What goes wrong at a server is returned
/// as sentences.
std::vector<std::string> fetch_signatures(Store& store, const Reference& reference,
                                          const std::vector<Digest>& subjects,
                                          const RegistryOptions& options, Reporter& reporter,
                                          const std::function<bool()>& enough);

/// "sha256-HEX.sig".
std::string signature_tag(const Digest& subject);

} // namespace coracle
