// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "oci/digest.h"

namespace coracle {

/// The name of an image as Docker reads it: "redis:4" is docker.io/library/redis:4. Registry and
/// repository are always present; tag and digest are as they were written.
class Reference {
public:
    /// Throws Error("'TEXT' is not an image reference: CAUSE").
    static Reference parse(std::string_view text);

    /// "docker.io", "localhost:5000", "[::1]:5000".
    const std::string& registry() const { return registry_; }
    /// "library/redis".
    const std::string& repository() const { return repository_; }
    const std::optional<std::string>& tag() const { return tag_; }
    const std::optional<Digest>& digest() const { return digest_; }

    /// "docker.io/library/redis".
    std::string name() const;
    /// The name with tag and digest. Where there is neither, the tag is "latest":
    /// "docker.io/library/redis:latest", "docker.io/library/redis@sha256:...".
    std::string full() const;
    /// The shortest form that parses to the same reference: "redis:4".
    std::string familiar() const;

    /// The same repository with this tag and no digest. Throws when `tag` is not one.
    Reference with_tag(std::string_view tag) const;
    /// The same repository with this digest and no tag.
    Reference with_digest(Digest digest) const;
    /// "latest" where neither tag nor digest was written, else the tag, else nullopt.
    std::optional<std::string> tag_or_latest() const;

    friend auto operator<=>(const Reference&, const Reference&) = default;
    friend bool operator==(const Reference&, const Reference&) = default;

private:
    Reference() = default;
    std::string suffix(bool default_tag) const;

    std::string registry_;
    std::string repository_;
    std::optional<std::string> tag_;
    std::optional<Digest> digest_;
};

} // namespace coracle
