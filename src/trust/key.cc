// SPDX-License-Identifier: Apache-2.0
#include "trust/key.h"

#include <optional>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/error.h"
#include "io/hash.h"
#include "trust/sealed_key.h"

namespace coracle {

namespace {

constexpr size_t max_keys = 64;
constexpr int least_rsa_bits = 2048;

template <auto Free>
struct Deleter {
    void operator()(auto* pointer) const { Free(pointer); }
};
using Bio = std::unique_ptr<BIO, Deleter<&BIO_free_all>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<&EVP_MD_CTX_free>>;

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Bio memory(std::string_view text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string curve_of(const EVP_PKEY* key) {
    char name[64] = "";
    EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, nullptr);
    return name;
}

/// Throws for kinds of keys that nothing else here can handle.
void check_kind(const EVP_PKEY* key, const std::string& name) {
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519: return;
    case EVP_PKEY_RSA:
        if (EVP_PKEY_get_bits(key) < least_rsa_bits)
            throw Error("{} is an RSA key of {} bits; the least is {}", name,
                        EVP_PKEY_get_bits(key), least_rsa_bits);
        return;
    case EVP_PKEY_EC: {
        std::string curve = curve_of(key);
        if (curve != "prime256v1" && curve != "secp384r1" && curve != "secp521r1")
            throw Error("{} is an EC key on '{}'; P-256, P-384 and P-521 are supported", name,
                        curve);
        return;
    }
    default: throw Error("{} is of a kind that is not supported: ECDSA, RSA and Ed25519 are", name);
    }
}

const EVP_MD* hash_for(const EVP_PKEY* key) {
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256();
}

/// One section of a PEM text.
struct Pem {
    std::string label;
    std::string content; ///< DER
};

std::optional<Pem> next_section(BIO* bio) {
    char* label = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (PEM_read_bio(bio, &label, &header, &data, &size) != 1) {
        ERR_clear_error();
        return std::nullopt;
    }
    Pem section{label, std::string(reinterpret_cast<char*>(data), static_cast<size_t>(size))};
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_cleanse(data, static_cast<size_t>(size));
    OPENSSL_free(data);
    return section;
}

KeyPointer decode_private(std::string_view der) {
    const unsigned char* at = bytes(der);
    PKCS8_PRIV_KEY_INFO* info =
        d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size()));
    KeyPointer key(info != nullptr ? EVP_PKCS82PKEY(info) : nullptr);
    PKCS8_PRIV_KEY_INFO_free(info);
    ERR_clear_error();
    return key;
}

KeyPointer decode_encrypted(std::string_view der, std::string_view password,
                            const std::string& name) {
    const unsigned char* at = bytes(der);
    X509_SIG* sealed = d2i_X509_SIG(nullptr, &at, static_cast<long>(der.size()));
    if (sealed == nullptr)
        throw Error("{} cannot be decoded", name);
    PKCS8_PRIV_KEY_INFO* info =
        PKCS8_decrypt(sealed, password.data(), static_cast<int>(password.size()));
    X509_SIG_free(sealed);
    if (info == nullptr)
        throw Error("the password of {} is wrong", name);
    KeyPointer key(EVP_PKCS82PKEY(info));
    PKCS8_PRIV_KEY_INFO_free(info);
    return key;
}

KeyPointer decode_traditional(std::string_view der) {
    const unsigned char* at = bytes(der);
    KeyPointer key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
    ERR_clear_error();
    return key;
}

} // namespace

void KeyDeleter::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

std::vector<PublicKey> PublicKey::parse_all(std::string_view pem, const std::string& name) {
    Bio bio = memory(pem);
    std::vector<PublicKey> keys;
    while (auto section = next_section(bio.get())) {
        if (section->label.find("PRIVATE") != std::string::npos)
            throw Error("{} is a private key, where a public key is wanted", name);
        if (section->label != "PUBLIC KEY")
            throw Error("{} holds a '{}', where a PUBLIC KEY is wanted", name,
                        section->label.substr(0, 60));
        if (keys.size() == max_keys)
            throw Error("{} holds more than {} keys", name, max_keys);
        const unsigned char* at = bytes(section->content);
        KeyPointer key(d2i_PUBKEY(nullptr, &at, static_cast<long>(section->content.size())));
        ERR_clear_error();
        if (!key)
            throw Error("{} holds a public key that cannot be decoded", name);
        check_kind(key.get(), name);
        keys.push_back(PublicKey(std::move(key)));
    }
    if (keys.empty())
        throw Error("{} holds no public key", name);
    return keys;
}

bool PublicKey::verifies(std::string_view message, std::string_view signature) const {
    DigestContext context(EVP_MD_CTX_new());
    int result = 0;
    if (EVP_DigestVerifyInit(context.get(), nullptr, hash_for(key_.get()), nullptr, key_.get()) ==
        1)
        result = EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(message),
                                  message.size());
    ERR_clear_error();
    return result == 1; // less than 0 is an error, which is no yes either
}

std::string PublicKey::fingerprint() const {
    unsigned char* der = nullptr;
    int size = i2d_PUBKEY(key_.get(), &der);
    if (size <= 0)
        throw Error("a public key cannot be encoded");
    std::string hash = sha256_hex({reinterpret_cast<const char*>(der), static_cast<size_t>(size)});
    OPENSSL_free(der);
    return hash;
}

std::string PublicKey::pem() const {
    Bio bio(BIO_new(BIO_s_mem()));
    char* data = nullptr;
    if (PEM_write_bio_PUBKEY(bio.get(), key_.get()) != 1)
        throw Error("a public key cannot be encoded");
    auto size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<size_t>(size)};
}

PrivateKey PrivateKey::parse(std::string_view pem, const std::string& name,
                             const std::function<std::string()>& password) {
    Bio bio = memory(pem);
    while (auto section = next_section(bio.get())) {
        const std::string& label = section->label;
        KeyPointer key;
        if (label == "PRIVATE KEY")
            key = decode_private(section->content);
        else if (label == "ENCRYPTED PRIVATE KEY")
            key = decode_encrypted(section->content, password(), name);
        else if (label == "ENCRYPTED SIGSTORE PRIVATE KEY" ||
                 label == "ENCRYPTED COSIGN PRIVATE KEY")
            key = decode_private(open_sealed_key(section->content, password(), name));
        else if (label == "EC PRIVATE KEY" || label == "RSA PRIVATE KEY")
            key = decode_traditional(section->content);
        else if (label == "EC PARAMETERS")
            continue; // openssl ecparam puts them before the key
        else
            throw Error("{} holds a '{}', where a private key is wanted", name,
                        label.substr(0, 60));
        OPENSSL_cleanse(section->content.data(), section->content.size());
        if (!key)
            throw Error("{} cannot be decoded", name);
        check_kind(key.get(), name);
        return PrivateKey(std::move(key));
    }
    throw Error("{} holds no private key", name);
}

std::string PrivateKey::sign(std::string_view message) const {
    DigestContext context(EVP_MD_CTX_new());
    size_t size = 0;
    bool begun = EVP_DigestSignInit(context.get(), nullptr, hash_for(key_.get()), nullptr,
                                    key_.get()) == 1 &&
                 EVP_DigestSign(context.get(), nullptr, &size, bytes(message), message.size()) == 1;
    std::string signature(size, '\0');
    if (!begun || EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                                 &size, bytes(message), message.size()) != 1)
        throw Error("the key cannot sign");
    signature.resize(size);
    return signature;
}

PublicKey PrivateKey::public_key() const {
    unsigned char* der = nullptr;
    int size = i2d_PUBKEY(key_.get(), &der);
    const unsigned char* at = der;
    KeyPointer key(size > 0 ? d2i_PUBKEY(nullptr, &at, size) : nullptr);
    OPENSSL_free(der);
    if (!key)
        throw Error("the key has no public part");
    return PublicKey(std::move(key));
}

} // namespace coracle
