// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace coracle {

/// Opens a private key as `cosign generate-key-pair` seals it: JSON that names scrypt and
/// nacl/secretbox, with their parameters. Returns the key in PKCS #8 (DER). Throws for other
/// parameters than those that are sensible, and when the password is wrong. `name` names the key in
/// errors.
std::string open_sealed_key(std::string_view json, std::string_view password,
                            const std::string& name);

} // namespace coracle
