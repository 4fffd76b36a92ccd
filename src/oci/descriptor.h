// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "oci/digest.h"
#include "oci/platform.h"

namespace coracle {

using Annotations = std::map<std::string, std::string>;

/// Points to a content: what it is, its digest and its size (OCI image specification,
/// "Descriptors").
struct Descriptor {
    std::string media_type;
    Digest digest;
    uint64_t size = 0;                     ///< bytes
    std::optional<Platform> platform = {}; ///< in an index: what the manifest is for
    Annotations annotations = {};
    std::string artifact_type = {};

    /// `where` names what `json` is, in errors: "layers[2] in manifest of redis:4".
    static Descriptor from_json(const nlohmann::json& json, const std::string& where);
    nlohmann::ordered_json to_json() const;
    /// The value of an annotation, or "".
    std::string annotation(const std::string& key) const;

    /// Same content: digest and size; the rest may differ.
    bool same_content(const Descriptor& other) const {
        return digest == other.digest && size == other.size;
    }
    friend bool operator==(const Descriptor&, const Descriptor&) = default;
};

namespace annotation {
inline constexpr const char* ref_name = "org.opencontainers.image.ref.name";
inline constexpr const char* reference_type = "vnd.docker.reference.type";
inline constexpr const char* reference_digest = "vnd.docker.reference.digest";
} // namespace annotation

} // namespace coracle
