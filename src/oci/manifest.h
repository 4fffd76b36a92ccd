// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "oci/descriptor.h"

namespace coracle {

/// An image manifest, OCI or Docker schema 2: a configuration and layers, lowest first.
struct Manifest {
    std::string media_type; ///< never empty
    Descriptor config;
    std::vector<Descriptor> layers = {};
    Annotations annotations = {};
    std::string artifact_type = {};
    std::optional<Descriptor> subject = {};

    static constexpr size_t max_layers = 1024;

    /// `name` names the document in errors. Refuses an index, a document that is both, schema 1,
    /// duplicate keys, more than 4 MiB, and more than `max_layers` layers.
    static Manifest parse(std::string_view text, const std::string& name);
    /// The JSON text, the same for the same content.
    std::string str() const;
    /// Sum of the sizes of configuration and layers, in bytes.
    uint64_t content_size() const;
};

/// An image index, OCI or Docker manifest list: the manifests of several platforms, attestations,
/// or further indexes.
struct Index {
    std::string media_type; ///< never empty
    std::vector<Descriptor> manifests = {};
    Annotations annotations = {};
    std::string artifact_type = {};
    std::optional<Descriptor> subject = {};

    static constexpr size_t max_manifests = 4096;

    /// As Manifest::parse.
    static Index parse(std::string_view text, const std::string& name);
    std::string str() const;
};

/// Parses what may be either. `expected` is the media type that the descriptor or the Content-Type
/// header claims ("" = unknown); a document that says otherwise is refused.
std::variant<Manifest, Index>
parse_manifest_or_index(std::string_view text, std::string_view expected, const std::string& name);

} // namespace coracle
