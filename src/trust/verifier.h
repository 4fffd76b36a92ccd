// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "registry/options.h"
#include "store/resolve.h"
#include "trust/policy.h"
#include "trust/signatures.h"

namespace coracle {

/// Checks images against a policy. Signatures come from the store, and from the registry where
/// those in the store do not suffice.
///
/// A signature counts when a key of the policy made it, when it is for the manifest that is used or
/// for the index that led to it, and when the name in it agrees. Whatever cannot be read or had
/// does not count: nothing is accepted for want of knowledge.
class Verifier {
public:
    /// Holds on to all of them.
    Verifier(const Policy& policy, const RegistryOptions& registry, Reporter& reporter)
        : policy_(policy), registry_(registry), reporter_(reporter) {}

    /// Throws when the image does not meet the policy: "image 'X' is not signed".
    void check(Store& store, const ResolvedImage& image) const;

private:
    const Policy& policy_;
    const RegistryOptions& registry_;
    Reporter& reporter_;
};

/// Why none of `signatures` counts for the image, one reason for each; nullopt when one does.
std::optional<std::vector<std::string>> faults_of(const std::vector<Signature>& signatures,
                                                  const Requirement& requirement,
                                                  const ResolvedImage& image);

/// Lets a name mean again what it meant before a pull (nullopt: nothing): what was pulled is
/// refused.
void put_back(Store& store, const Reference& reference, const std::optional<Descriptor>& former);

/// The contents whose signatures count for an image: its manifest, and the index that led there.
std::vector<Digest> subjects_of(const ResolvedImage& image);

} // namespace coracle
