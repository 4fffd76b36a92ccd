// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci/descriptor.h"
#include "oci/media_types.h"

namespace coracle {

/// The configuration of an artifact that has none (OCI image specification, "Guidance for an Empty
/// Descriptor").
inline constexpr std::string_view empty_config = "{}";

inline Descriptor empty_config_descriptor() {
    return {std::string(media_type::oci_empty), Digest::of(empty_config), empty_config.size()};
}

} // namespace coracle
