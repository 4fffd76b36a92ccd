// SPDX-License-Identifier: Apache-2.0
#include "oci/digest.h"

#include <algorithm>

#include "base/error.h"

namespace coracle {

namespace {

size_t hex_length(HashAlgorithm algorithm) { return algorithm == HashAlgorithm::sha256 ? 64 : 128; }

std::string_view name_of(HashAlgorithm algorithm) {
    return algorithm == HashAlgorithm::sha256 ? "sha256" : "sha512";
}

bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

/// Why `hex` is no hash of the algorithm, or nullptr.
const char* fault_in(HashAlgorithm algorithm, std::string_view hex) {
    if (!std::ranges::all_of(hex, is_lower_hex))
        return "its hash is not lower-case hexadecimal";
    if (hex.size() != hex_length(algorithm))
        return algorithm == HashAlgorithm::sha256 ? "its hash is not 64 digits long"
                                                  : "its hash is not 128 digits long";
    return nullptr;
}

struct Parts {
    HashAlgorithm algorithm = HashAlgorithm::sha256;
    std::string_view hex = {};
    const char* fault = nullptr;
};

Parts take_apart(std::string_view text) {
    Parts parts;
    if (text.starts_with("sha512:"))
        parts.algorithm = HashAlgorithm::sha512;
    else if (!text.starts_with("sha256:"))
        return {.fault = "it starts with neither 'sha256:' nor 'sha512:'"};
    parts.hex = text.substr(7);
    parts.fault = fault_in(parts.algorithm, parts.hex);
    return parts;
}

} // namespace

Digest Digest::parse(std::string_view text) {
    Parts parts = take_apart(text);
    if (parts.fault)
        throw Error("'{}' is not a digest: {}", text.substr(0, 200), parts.fault);
    return Digest(parts.algorithm, std::string(parts.hex));
}

std::optional<Digest> Digest::try_parse(std::string_view text) {
    Parts parts = take_apart(text);
    if (parts.fault)
        return std::nullopt;
    return Digest(parts.algorithm, std::string(parts.hex));
}

Digest Digest::of(std::string_view content, HashAlgorithm algorithm) {
    return Digest(algorithm, Hasher(algorithm).update(content).hex());
}

Digest Digest::from_hex(HashAlgorithm algorithm, std::string_view hex) {
    return parse(fmt::format("{}:{}", name_of(algorithm), hex));
}

std::string_view Digest::algorithm_name() const { return name_of(algorithm_); }

std::string Digest::str() const { return fmt::format("{}:{}", algorithm_name(), hex_); }

} // namespace coracle
