// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace coracle {

/// What an image runs on, in Go's names ("linux", "amd64"), normalised: aarch64 is arm64, armhf is
/// arm/v7, arm64/v8 is arm64, amd64/v1 is amd64.
struct Platform {
    std::string os = "linux";
    std::string architecture;
    std::string variant = {}; ///< "v7" of arm/v7; mostly empty

    /// "linux/arm64", "linux/arm/v7", or an architecture alone ("arm64", "aarch64"), which means
    /// linux. Throws Error("'TEXT' is not a platform: CAUSE").
    static Platform parse(std::string_view text);
    /// From the fields of a descriptor or an image configuration, normalised; never throws.
    static Platform of(std::string os, std::string architecture, std::string variant = "");
    /// The machine that this program runs on.
    static Platform host();

    /// "linux/arm64", "linux/arm/v7".
    std::string str() const;
    /// True for the "unknown/unknown" of attestation manifests.
    bool is_unknown() const { return os == "unknown" || architecture == "unknown"; }
    /// How well an image for `offered` runs on this platform: 0 is the same, more is older (arm/v6
    /// on arm/v7), nullopt is not at all.
    std::optional<unsigned> distance(const Platform& offered) const;

    friend auto operator<=>(const Platform&, const Platform&) = default;
    friend bool operator==(const Platform&, const Platform&) = default;
};

} // namespace coracle
