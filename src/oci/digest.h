// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "io/hash.h"

namespace coracle {

/// The name of a content by its hash: "sha256:<64 hex digits>" or "sha512:<128 hex digits>", in
/// lower case only, so that a digest can be used as a file name (OCI image specification,
/// "Digests").
class Digest {
public:
    /// Throws Error("'TEXT' is not a digest: ...").
    static Digest parse(std::string_view text);
    /// As parse(), but nullopt for what is no digest.
    static std::optional<Digest> try_parse(std::string_view text);
    /// The digest of a content.
    static Digest of(std::string_view content, HashAlgorithm algorithm = HashAlgorithm::sha256);
    /// From the hexadecimal form that Hasher gives. Throws as parse() does.
    static Digest from_hex(HashAlgorithm algorithm, std::string_view hex);

    HashAlgorithm algorithm() const { return algorithm_; }
    /// "sha256" or "sha512".
    std::string_view algorithm_name() const;
    const std::string& hex() const { return hex_; }
    /// "sha256:4f53...".
    std::string str() const;
    /// The first 12 hex digits: for people.
    std::string short_hex() const { return hex_.substr(0, 12); }

    friend auto operator<=>(const Digest&, const Digest&) = default;
    friend bool operator==(const Digest&, const Digest&) = default;

private:
    Digest(HashAlgorithm algorithm, std::string hex)
        : algorithm_(algorithm), hex_(std::move(hex)) {}

    HashAlgorithm algorithm_;
    std::string hex_;
};

} // namespace coracle

template <>
struct std::hash<coracle::Digest> {
    size_t operator()(const coracle::Digest& digest) const {
        return std::hash<std::string>{}(digest.hex());
    }
};
