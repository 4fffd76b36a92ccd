// SPDX-License-Identifier: Apache-2.0
#include "trust/key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "registry/base64.h"
#include "trust/sealed_key.h"
#include "trust/test_keys.h"

namespace coracle {
namespace {

using test::make_key;
using test::parse_key;

template <class Body>
std::string refusal(Body&& body) {
    try {
        body();
    } catch (const Error& error) {
        return error.message();
    }
    return "accepted";
}

std::string refused_public(const std::string& pem) {
    return refusal([&] { PublicKey::parse_all(pem, "the key"); });
}

TEST(Key, VerifiesWhatItSigned) {
    for (const char* kind :
         {"EC:prime256v1", "EC:secp384r1", "EC:secp521r1", "RSA:2048", "ED25519"}) {
        PrivateKey key = parse_key(make_key(kind));
        std::string signature = key.sign("message");
        EXPECT_TRUE(key.public_key().verifies("message", signature)) << kind;
        EXPECT_FALSE(key.public_key().verifies("massage", signature)) << kind;
        signature[signature.size() / 2] ^= 1;
        EXPECT_FALSE(key.public_key().verifies("message", signature)) << kind;
        EXPECT_FALSE(key.public_key().verifies("message", "")) << kind;
        EXPECT_FALSE(key.public_key().verifies("message", std::string(10'000, 'x'))) << kind;
    }
}

TEST(Key, OfAnotherVerifiesNothing) {
    PrivateKey one = parse_key(make_key("EC:prime256v1"));
    for (const char* kind : {"EC:prime256v1", "RSA:2048", "ED25519"})
        EXPECT_FALSE(parse_key(make_key(kind)).public_key().verifies("x", one.sign("x"))) << kind;
}

TEST(Key, SignsWhatOpensslVerifies) {
    TempDir temporary;
    for (const char* kind : {"EC:prime256v1", "RSA:2048"}) {
        PrivateKey key = parse_key(make_key(kind));
        write_file(temporary / "pub", key.public_key().pem());
        write_file(temporary / "signature", key.sign("message"));
        write_file(temporary / "message", "message");
        std::vector<std::string> command{"openssl",
                                         "dgst",
                                         "-sha256",
                                         "-verify",
                                         temporary / "pub",
                                         "-signature",
                                         temporary / "signature",
                                         temporary / "message"};
        EXPECT_EQ(run_checked({.argv = command}), "Verified OK\n") << kind;
    }
}

TEST(Key, OfCosignIsOpenedWithItsPassword) {
    auto parse = [](const std::string& password) {
        return PrivateKey::parse(test::cosign_key, "key 'k'", [&] { return password; });
    };
    PublicKey key = parse("secret").public_key();
    EXPECT_EQ(key.pem(), test::cosign_public_key);
    EXPECT_EQ(PublicKey::parse_all(test::cosign_public_key, "x")[0].fingerprint(),
              key.fingerprint());
    EXPECT_EQ(refusal([&] { parse("Secret"); }), "the password of key 'k' is wrong");
}

TEST(Key, EncryptedAsPkcs8IsOpenedWithItsPassword) {
    std::string plain = make_key("EC:prime256v1");
    std::string sealed = run_checked(
        {.argv = {"openssl", "pkcs8", "-topk8", "-passout", "pass:secret"}, .input = plain});
    auto parse = [&](const std::string& password) {
        return PrivateKey::parse(sealed, "key 'k'", [&] { return password; });
    };
    EXPECT_EQ(parse("secret").public_key().pem(), parse_key(plain).public_key().pem());
    EXPECT_EQ(refusal([&] { parse("other"); }), "the password of key 'k' is wrong");
}

TEST(Key, OfTheOldFormIsRead) {
    std::string old =
        run_checked({.argv = {"openssl", "ecparam", "-name", "prime256v1", "-genkey"}});
    EXPECT_THAT(old, testing::HasSubstr("EC PARAMETERS"));
    EXPECT_EQ(parse_key(old).sign("x").empty(), false);
}

TEST(Key, OfAWeakOrUnknownKindIsRefused) {
    EXPECT_EQ(refusal([] { parse_key(make_key("RSA:1024")); }),
              "the key is an RSA key of 1024 bits; the least is 2048");
    EXPECT_EQ(refusal([] { parse_key(make_key("EC:secp256k1")); }),
              "the key is an EC key on 'secp256k1'; P-256, P-384 and P-521 are supported");
    EXPECT_EQ(refusal([] { parse_key(make_key("X25519")); }),
              "the key is of a kind that is not supported: ECDSA, RSA and Ed25519 are");
}

TEST(PublicKey, ComesAloneOrWithOthers) {
    std::string one = parse_key(make_key("EC:prime256v1")).public_key().pem();
    std::string two = parse_key(make_key("ED25519")).public_key().pem();
    EXPECT_EQ(PublicKey::parse_all("a word before\n" + one + two, "keys").size(), 2u);
}

TEST(PublicKey, IsNotTakenFromAnythingElse) {
    EXPECT_EQ(refused_public(""), "the key holds no public key");
    EXPECT_EQ(refused_public("{}"), "the key holds no public key");
    EXPECT_EQ(refused_public(make_key("EC:prime256v1")),
              "the key is a private key, where a public key is wanted");
    EXPECT_EQ(refused_public("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
              "the key holds a public key that cannot be decoded");
    EXPECT_EQ(refused_public("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
              "the key holds a 'CERTIFICATE', where a PUBLIC KEY is wanted");
}

TEST(PrivateKey, IsNotTakenFromAnythingElse) {
    EXPECT_EQ(refusal([] { parse_key("words"); }), "the key holds no private key");
    EXPECT_EQ(refusal([] { parse_key(test::cosign_public_key); }),
              "the key holds a 'PUBLIC KEY', where a private key is wanted");
    EXPECT_EQ(refusal([] {
                  parse_key("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
              }),
              "the key cannot be decoded");
}

std::string sealed(const std::string& parameters, const std::string& nonce = std::string(32, 'A'),
                   const std::string& ciphertext = std::string(64, 'A')) {
    return fmt::format(R"({{"kdf":{{"name":"scrypt","params":{},"salt":"AAAA"}},)"
                       R"("cipher":{{"name":"nacl/secretbox","nonce":"{}"}},"ciphertext":"{}"}})",
                       parameters, nonce, ciphertext);
}

TEST(SealedKey, IsNotOpenedWithSenselessParameters) {
    auto refused = [](const std::string& text) {
        return refusal([&] { open_sealed_key(text, "secret", "the key"); });
    };
    for (const char* parameters :
         {R"({"N":0,"r":8,"p":1})", R"({"N":3,"r":8,"p":1})", R"({"N":1073741824,"r":8,"p":1})",
          R"({"N":65536,"r":0,"p":1})", R"({"N":65536,"r":8,"p":4294967296})",
          R"({"N":4194304,"r":64,"p":1})", "{}"})
        EXPECT_EQ(refused(sealed(parameters)), "the key: no sensible parameters of scrypt");
    std::string good = R"({"N":2,"r":1,"p":1})";
    EXPECT_EQ(refused(sealed(good, "AAAA")), "the key: nonce or content have a wrong length");
    EXPECT_EQ(refused(sealed(good, std::string(32, 'A'), "AAAA")),
              "the key: nonce or content have a wrong length");
    EXPECT_EQ(refused(sealed(good, "!")), "the key: 'nonce' is not base64");
    EXPECT_EQ(refused(sealed(good)), "the password of the key is wrong");
    EXPECT_EQ(refused("[]"), "the key is not a JSON object");
    EXPECT_EQ(refused(R"({"kdf":{"name":"x"},"cipher":{}})"), "the key is not sealed with scrypt");
}

} // namespace
} // namespace coracle
