// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "oci/reference.h"

namespace coracle {

/// How the name in a signature must agree with the name under which an image is used, so that a
/// signature made for one repository does not serve for another. The kinds are those of
/// containers-policy.json(5), and the default, which is ours.
struct IdentityMatch {
    enum class Kind {
        repository_and_tag,         ///< the repository; the tag too, where the signature has one
        repository,                 ///< matchRepository
        exact,                      ///< matchExact
        repository_digest_or_exact, ///< matchRepoDigestOrExact
        exact_reference,            ///< exactReference: `name`, whatever the image is called
        exact_repository,           ///< exactRepository: likewise
        remapped,                   ///< remapIdentity: `prefix` of the image's name becomes `name`
    };
    Kind kind = Kind::repository_and_tag;
    std::string name = {};
    std::string prefix = {};

    /// "" when they agree, else why they do not: "it is for 'quay.io/a/b'".
    std::string disagreement(const std::string& signed_name, const Reference& used) const;
};

/// Docker Hub has several names: "index.docker.io/library/redis" is docker.io/library/redis. Throws
/// when `text` is no reference.
Reference parse_identity(const std::string& text);

} // namespace coracle
