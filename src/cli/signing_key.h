// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "trust/key.h"

namespace coracle {

/// Reads a private key from a file. The password of an encrypted one is $COSIGN_PASSWORD, or what
/// is typed at the terminal; without either, an Error.
PrivateKey read_signing_key(const std::string& path);

} // namespace coracle
