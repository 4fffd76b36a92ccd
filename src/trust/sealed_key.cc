// SPDX-License-Identifier: Apache-2.0
#include "trust/sealed_key.h"

#include <array>
#include <bit>

#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <sodium.h>

#include "base/error.h"
#include "oci/json.h"
#include "registry/base64.h"

namespace coracle {

namespace {

using nlohmann::json;

constexpr uint64_t max_memory = 512 << 20; ///< that scrypt may take, in bytes

const json& section(const json& object, const char* key, const std::string& where) {
    const json* member = json_member(object, key);
    if (!member)
        throw Error("{}: '{}' is missing", where, key);
    return json_object(*member, fmt::format("'{}' in {}", key, where));
}

std::string bytes(const json& object, const char* key, const std::string& where) {
    auto decoded = base64_decode(json_required_string(object, key, where));
    if (!decoded)
        throw Error("{}: '{}' is not base64", where, key);
    return std::move(*decoded);
}

struct Scrypt {
    uint64_t n;
    uint64_t r;
    uint64_t p;
};

Scrypt scrypt_of(const json& kdf, const std::string& where) {
    if (json_string(kdf, "name", where) != "scrypt")
        throw Error("{} is not sealed with scrypt", where);
    const json& parameters = section(kdf, "params", where);
    auto number = [&](const char* key) { return json_number(parameters, key, where).value_or(0); };
    Scrypt scrypt{number("N"), number("r"), number("p")};
    bool sensible = std::has_single_bit(scrypt.n) && scrypt.n > 1 && scrypt.n <= 1 << 22 &&
                    scrypt.r >= 1 && scrypt.r <= 64 && scrypt.p >= 1 && scrypt.p <= 16 &&
                    128 * scrypt.n * scrypt.r <= max_memory;
    if (!sensible)
        throw Error("{}: no sensible parameters of scrypt", where);
    return scrypt;
}

std::array<unsigned char, crypto_secretbox_KEYBYTES>
derive(const Scrypt& scrypt, std::string_view password, const std::string& salt) {
    std::array<unsigned char, crypto_secretbox_KEYBYTES> key{};
    if (EVP_PBE_scrypt(password.data(), password.size(),
                       reinterpret_cast<const unsigned char*>(salt.data()), salt.size(), scrypt.n,
                       scrypt.r, scrypt.p, 2 * max_memory, key.data(), key.size()) != 1)
        throw Error("scrypt fails");
    return key;
}

} // namespace

std::string open_sealed_key(std::string_view text, std::string_view password,
                            const std::string& name) {
    const json document = parse_json(text, name, {.bytes = 64 << 10, .depth = 8});
    json_object(document, name);
    const json& kdf = section(document, "kdf", name);
    const json& cipher = section(document, "cipher", name);
    Scrypt scrypt = scrypt_of(kdf, name);
    if (json_string(cipher, "name", name) != "nacl/secretbox")
        throw Error("{} is not sealed with nacl/secretbox", name);
    std::string nonce = bytes(cipher, "nonce", name);
    std::string sealed = bytes(document, "ciphertext", name);
    if (nonce.size() != crypto_secretbox_NONCEBYTES || sealed.size() < crypto_secretbox_MACBYTES)
        throw Error("{}: nonce or content have a wrong length", name);
    if (sodium_init() < 0)
        throw Error("libsodium cannot be initialised");
    auto key = derive(scrypt, password, bytes(kdf, "salt", name));
    std::string opened(sealed.size() - crypto_secretbox_MACBYTES, '\0');
    int failed = crypto_secretbox_open_easy(
        reinterpret_cast<unsigned char*>(opened.data()),
        reinterpret_cast<const unsigned char*>(sealed.data()), sealed.size(),
        reinterpret_cast<const unsigned char*>(nonce.data()), key.data());
    sodium_memzero(key.data(), key.size());
    if (failed != 0)
        throw Error("the password of {} is wrong", name);
    return opened;
}

} // namespace coracle
