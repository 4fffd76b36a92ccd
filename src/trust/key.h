// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace coracle {

struct KeyDeleter {
    void operator()(evp_pkey_st* key) const;
};
using KeyPointer = std::unique_ptr<evp_pkey_st, KeyDeleter>;

/// A key that signatures are checked with: ECDSA on P-256, P-384 or P-521 and RSA of 2048 bits or
/// more (PKCS #1 v1.5), both with SHA-256, or Ed25519.
class PublicKey {
public:
    /// The keys of a PEM text ("BEGIN PUBLIC KEY"), at least one. `name` names the text in errors.
    static std::vector<PublicKey> parse_all(std::string_view pem, const std::string& name);

    /// True when `signature` (for ECDSA in DER) is this key's, over `message`.
    bool verifies(std::string_view message, std::string_view signature) const;
    /// SHA-256 of the key (SubjectPublicKeyInfo), in hexadecimal: to tell keys apart.
    std::string fingerprint() const;
    std::string pem() const;

private:
    friend class PrivateKey;
    explicit PublicKey(KeyPointer key) : key_(std::move(key)) {}
    KeyPointer key_;
};

/// A key that signatures are made with, of the same kinds.
class PrivateKey {
public:
    /// From PEM: PKCS #8, plain or encrypted, or what `cosign generate-key-pair` makes. `password`
    /// is called when it is encrypted. `name` names the text in errors; the errors never show it.
    static PrivateKey parse(std::string_view pem, const std::string& name,
                            const std::function<std::string()>& password);

    std::string sign(std::string_view message) const;
    PublicKey public_key() const;

private:
    explicit PrivateKey(KeyPointer key) : key_(std::move(key)) {}
    KeyPointer key_;
};

} // namespace coracle
