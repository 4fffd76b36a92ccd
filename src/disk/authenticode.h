// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "disk/extents.h"

namespace coracle {

/// The hash of an EFI program that its signature is of (Microsoft's "Windows Authenticode Portable
/// Executable Signature Format"): SHA-256 in hexadecimal.
std::string authenticode_hash(const Extents& program);

/// The certificate in a PEM file, in DER, for firmware to check signatures by. Throws when there is
/// none, or one of a key that is not RSA.
std::string read_secure_boot_certificate(const std::string& file);

/// A key for Secure Boot and its certificate.
class SecureBootKey {
public:
    /// PEM files. Throws for what is not an RSA key, the only kind that UEFI firmware knows, and
    /// for a certificate of another key.
    SecureBootKey(const std::string& key_file, const std::string& certificate_file);

    /// The program with a signature behind it. The same program gives the same bytes: the time in
    /// the signature is that from which the certificate is valid.
    Extents sign(const Extents& program) const;

    /// SHA-256 of the certificate, in hexadecimal.
    std::string fingerprint() const;

private:
    std::string key_;         ///< PEM
    std::string certificate_; ///< PEM
};

} // namespace coracle
