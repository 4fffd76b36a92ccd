// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "oci/digest.h"

namespace coracle {

/// What a signature says: a content and the name under which it is meant. The JSON document that is
/// signed ("simple signing", as cosign uses it).
struct Payload {
    std::string identity; ///< critical.identity.docker-reference: a repository, perhaps with a tag
    Digest digest;        ///< critical.image.docker-manifest-digest

    static constexpr uint64_t max_size = 64 << 10; ///< bytes

    /// Refuses what is not critical.type "cosign container image signature", what lacks a member,
    /// and members in `critical` that are not known: who signed them meant them to matter.
    static Payload parse(std::string_view text);
    /// The document, as cosign writes it.
    std::string str() const;
};

namespace media_type {
inline constexpr std::string_view simple_signing =
    "application/vnd.dev.cosign.simplesigning.v1+json";
/// The artifact type of a manifest of signatures that has a subject.
inline constexpr std::string_view cosign_signature =
    "application/vnd.dev.cosign.artifact.sig.v1+json";
} // namespace media_type

namespace annotation {
inline constexpr const char* cosign_signature = "dev.cosignproject.cosign/signature";
} // namespace annotation

} // namespace coracle
