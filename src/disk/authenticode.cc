// SPDX-License-Identifier: Apache-2.0
#include "disk/authenticode.h"

#include <algorithm>
#include <memory>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "base/error.h"
#include "base/file.h"
#include "base/on_disk.h"
#include "base/text.h"
#include "disk/pe.h"
#include "io/hash.h"

namespace coracle {

namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Message = std::unique_ptr<PKCS7, Freed<PKCS7_free>>;
using Object = std::unique_ptr<ASN1_OBJECT, Freed<ASN1_OBJECT_free>>;

constexpr uint64_t most_pem = 1 << 20;
constexpr const char* make_key =
    "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=NAME -keyout KEY -out CERT";
constexpr const char* indirect_data = "1.3.6.1.4.1.311.2.1.4"; // SPC_INDIRECT_DATA_OBJID

/// SpcIndirectDataContent with an empty SpcPeImageData and a SHA-256, up to the hash itself.
constexpr unsigned char indirect_data_head[] = {
    0x30, 0x4c, 0x30, 0x17, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x0f,
    0x30, 0x09, 0x03, 0x01, 0x00, 0xa0, 0x04, 0xa2, 0x02, 0x80, 0x00, 0x30, 0x31, 0x30, 0x0d, 0x06,
    0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
constexpr size_t sequence_header = 2; // which is not part of what is signed

struct CertificateHeader { // WIN_CERTIFICATE
    Le<uint32_t> size;
    Le<uint16_t> revision = 0x0200;
    Le<uint16_t> type = 0x0002; // PKCS#7 SignedData
};
static_assert(sizeof(CertificateHeader) == 8);
constexpr size_t certificate_alignment = 8;

void check(bool good, const char* what) {
    if (!good)
        throw Error("cannot {}: {}", what,
                    ::ERR_reason_error_string(::ERR_get_error()) == nullptr
                        ? "OpenSSL does not say why"
                        : "OpenSSL refuses it");
}

Bio memory(const std::string& text) {
    return Bio(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Key read_key(const std::string& pem) {
    // Without a terminal to ask for a passphrase.
    auto no_passphrase = [](char*, int, int, void*) { return -1; };
    return Key(::PEM_read_bio_PrivateKey(memory(pem).get(), nullptr, no_passphrase, nullptr));
}

Certificate read_certificate(const std::string& pem) {
    return Certificate(::PEM_read_bio_X509(memory(pem).get(), nullptr, nullptr, nullptr));
}

std::string head_of(const Extents& program) {
    std::string head(std::min<uint64_t>(program.size(), 64 << 10), '\0');
    program.read_at(0, head);
    return head;
}

std::string indirect_data_of(const Extents& program) {
    std::string hash = authenticode_hash(program);
    std::string bytes(reinterpret_cast<const char*>(indirect_data_head), sizeof indirect_data_head);
    for (size_t i = 0; i < hash.size(); i += 2)
        bytes += static_cast<char>(parse_number(std::string_view(hash).substr(i, 2), 16).value());
    return bytes;
}

void add_attributes(PKCS7_SIGNER_INFO* signer, const Certificate& certificate, Object type) {
    auto* time = ::ASN1_STRING_dup(::X509_get0_notBefore(certificate.get()));
    check(time != nullptr && ::PKCS7_add0_attrib_signing_time(signer, time) == 1,
          "write the signature's time");
    check(::PKCS7_add_signed_attribute(signer, NID_pkcs9_contentType, V_ASN1_OBJECT,
                                       type.release()) == 1,
          "write the signature's type");
}

std::string make_signature(const std::string& content, const Key& key,
                           const Certificate& certificate) {
    Message message(::PKCS7_new());
    check(message && ::PKCS7_set_type(message.get(), NID_pkcs7_signed) == 1, "make a signature");
    auto* signer =
        ::PKCS7_add_signature(message.get(), certificate.get(), key.get(), ::EVP_sha256());
    check(signer != nullptr && ::PKCS7_add_certificate(message.get(), certificate.get()) == 1,
          "sign with this key");
    check(::PKCS7_content_new(message.get(), NID_pkcs7_data) == 1, "make a signature");
    add_attributes(signer, certificate, Object(::OBJ_txt2obj(indirect_data, 1)));
    Bio signing(::PKCS7_dataInit(message.get(), nullptr));
    auto signed_size = static_cast<int>(content.size() - sequence_header);
    check(signing && ::BIO_write(signing.get(), content.data() + sequence_header, signed_size) ==
                         signed_size,
          "make a signature");
    check(::PKCS7_dataFinal(message.get(), signing.get()) == 1, "sign with this key");

    // What was signed as plain data is in truth an SpcIndirectDataContent.
    auto* sequence = ::ASN1_STRING_new();
    auto* value = ::ASN1_TYPE_new();
    auto* inner = ::PKCS7_new();
    check(sequence != nullptr && value != nullptr && inner != nullptr &&
              ::ASN1_STRING_set(sequence, content.data(), static_cast<int>(content.size())) == 1,
          "make a signature");
    ::ASN1_TYPE_set(value, V_ASN1_SEQUENCE, sequence);
    inner->type = ::OBJ_txt2obj(indirect_data, 1);
    inner->d.other = value;
    check(::PKCS7_set_content(message.get(), inner) == 1, "make a signature");

    unsigned char* der = nullptr;
    int size = ::i2d_PKCS7(message.get(), &der);
    check(size > 0, "encode a signature");
    std::string bytes(reinterpret_cast<char*>(der), static_cast<size_t>(size));
    ::OPENSSL_free(der);
    return bytes;
}

} // namespace

std::string authenticode_hash(const Extents& program) {
    PeLayout layout = read_pe(head_of(program), "what is to be signed");
    Hasher hasher;
    std::string buffer;
    auto update = [&](uint64_t from, uint64_t to) {
        constexpr uint64_t chunk = 1 << 20;
        for (; from < to; from += buffer.size()) {
            buffer.resize(std::min(chunk, to - from));
            program.read_at(from, buffer);
            hasher.update(buffer);
        }
    };
    update(0, layout.checksum);
    update(layout.checksum + 4, layout.certificates);
    update(layout.certificates + 8, (program.size() + certificate_alignment - 1) /
                                        certificate_alignment * certificate_alignment);
    return hasher.hex();
}

std::string read_secure_boot_certificate(const std::string& file) {
    Certificate certificate = read_certificate(read_file(file, most_pem));
    ::ERR_clear_error();
    if (!certificate)
        throw Error("'{}' is not a certificate in PEM", file);
    EVP_PKEY* key = ::X509_get0_pubkey(certificate.get());
    if (key == nullptr || ::EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
        throw Error("'{}' is not of an RSA key, the only kind that UEFI firmware knows", file)
            .hint(make_key);
    unsigned char* der = nullptr;
    int size = ::i2d_X509(certificate.get(), &der);
    check(size > 0, "encode a certificate");
    std::string bytes(reinterpret_cast<char*>(der), static_cast<size_t>(size));
    ::OPENSSL_free(der);
    return bytes;
}

SecureBootKey::SecureBootKey(const std::string& key_file, const std::string& certificate_file)
    : key_(read_file(key_file, most_pem)), certificate_(read_file(certificate_file, most_pem)) {
    Key key = read_key(key_);
    if (!key)
        throw Error("'{}' is not a private key in PEM without a passphrase", key_file);
    if (::EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
        throw Error("'{}' is not an RSA key, the only kind that UEFI firmware knows", key_file)
            .hint(make_key);
    Certificate certificate = read_certificate(certificate_);
    if (!certificate)
        throw Error("'{}' is not a certificate in PEM", certificate_file);
    if (::X509_check_private_key(certificate.get(), key.get()) != 1)
        throw Error("the certificate '{}' is not of the key '{}'", certificate_file, key_file);
    ::ERR_clear_error();
}

std::string SecureBootKey::fingerprint() const { return sha256_hex(certificate_); }

Extents SecureBootKey::sign(const Extents& program) const {
    std::string signature =
        make_signature(indirect_data_of(program), read_key(key_), read_certificate(certificate_));
    signature.resize((signature.size() + certificate_alignment - 1) / certificate_alignment *
                     certificate_alignment);
    CertificateHeader header;
    header.size = static_cast<uint32_t>(sizeof header + signature.size());
    Extents padded = program;
    padded.align(certificate_alignment);

    PeLayout layout = read_pe(head_of(program), "what is to be signed");
    struct {
        Le<uint32_t> offset;
        Le<uint32_t> size;
    } entry;
    entry.offset = static_cast<uint32_t>(padded.size());
    entry.size = header.size;
    Extents whole = padded.slice(0, layout.certificates);
    whole.add(std::string(reinterpret_cast<const char*>(&entry), sizeof entry));
    uint64_t rest = layout.certificates + sizeof entry;
    whole.add(padded.slice(rest, padded.size() - rest));
    whole.add(std::string(reinterpret_cast<const char*>(&header), sizeof header));
    whole.add(signature);
    return whole;
}

} // namespace coracle
