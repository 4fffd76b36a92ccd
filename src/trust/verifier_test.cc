// SPDX-License-Identifier: Apache-2.0
// Signatures in the real registry server and in the cache.
#include "trust/verifier.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "io/memory.h"
#include "oci/media_types.h"
#include "registry/base64.h"
#include "registry/pull.h"
#include "registry/push.h"
#include "registry/referrers.h"
#include "registry/test_server.h"
#include "store/attached.h"
#include "store/test_images.h"
#include "trust/payload.h"
#include "trust/sign.h"
#include "trust/test_keys.h"

namespace coracle {
namespace {

using test::make_key;
using test::parse_key;
using testing::HasSubstr;
using testing::StartsWith;

class Verifying : public testing::Test {
protected:
    void SetUp() override {
        if (!find_program("docker-registry"))
            GTEST_SKIP() << "docker-registry is not installed";
        ::setenv("HOME", temporary.path().c_str(), 1);
        server.emplace(temporary.path());
        image = Reference::parse(server->host() + "/some/redis:4");
        publish(image);
    }

    /// The same image under another name in the registry.
    void publish(const Reference& name) {
        store.tag(name, index);
        push(store, name, {.replace = true}, options, silent_reporter());
    }
    std::vector<Signed> sign(const Reference& name, SignOptions how = {}) {
        return sign_published(name, key, how, options, silent_reporter());
    }
    ResolvedImage pulled(const Reference& name) {
        return pull(cache, name, amd64, options, silent_reporter());
    }
    std::string refusal(const Reference& name, const Policy& policy) {
        ResolvedImage resolved = pulled(name);
        try {
            Verifier(policy, options, silent_reporter()).check(cache, resolved);
        } catch (const Error& error) {
            return error.message();
        }
        return "accepted";
    }
    std::string refusal(const Reference& name) { return refusal(name, policy()); }
    Policy policy() const { return Policy::of_keys(key.public_key().pem(), "the key"); }
    std::string shown(const Reference& name) const {
        return fmt::format("image '{}' ({})", name.familiar(), index.digest.str());
    }

    Repository repository(const std::string& name) {
        endpoint.emplace(server->host(), "", options, silent_reporter());
        return {*endpoint, name};
    }
    /// Puts payloads with their signatures under the tag of the index's signatures.
    void put_signatures(const std::string& name,
                        const std::vector<std::pair<std::string, std::string>>& signatures) {
        Repository there = repository(name);
        auto put = [&](const std::string& content, std::string_view type) {
            Descriptor blob{std::string(type), Digest::of(content), content.size()};
            there.write_blob(blob, [&] { return std::make_unique<MemorySource>(content); });
            return blob;
        };
        Manifest document{.media_type = std::string(media_type::oci_manifest),
                          .config = put("{}", media_type::oci_config)};
        for (const auto& [payload, signature] : signatures) {
            document.layers.push_back(put(payload, media_type::simple_signing));
            document.layers.back().annotations[annotation::cosign_signature] =
                base64_encode(signature);
        }
        there.write_document(signature_tag(index.digest), document.media_type, document.str());
    }
    std::string payload(const std::string& identity, const Digest& digest) const {
        return Payload{.identity = identity, .digest = digest}.str();
    }

    TempDir temporary;
    Store store{temporary / "store"};
    Store cache{temporary / "cache"};
    Platform amd64 = Platform::parse("amd64");
    Descriptor manifest = test::put_image(store, "linux/amd64", {"a layer"});
    Descriptor index = test::put_index(store, {manifest});
    RegistryOptions options{.retry = {.attempts = 1}};
    std::optional<test::RegistryServer> server;
    std::optional<Endpoint> endpoint;
    Reference image = Reference::parse("x");
    PrivateKey key = parse_key(make_key("EC:prime256v1"));
};

TEST_F(Verifying, RefusesWhatIsNotSigned) {
    EXPECT_EQ(refusal(image), shown(image) + " is not signed");
}

TEST_F(Verifying, AcceptsWhatIsSignedUnderTheTag) {
    auto made = sign(image);
    ASSERT_EQ(made.size(), 1u);
    EXPECT_EQ(made[0].name, server->host() + "/some/redis@" + index.digest.str());
    EXPECT_TRUE(repository("some/redis").document(signature_tag(index.digest)));
    EXPECT_EQ(refusal(image), "accepted");
}

TEST_F(Verifying, AcceptsWhatIsSignedByAReferrer) {
    sign(image, {.referrers = true});
    EXPECT_FALSE(repository("some/redis").document(signature_tag(index.digest)));
    EXPECT_EQ(refusal(image), "accepted");
}

TEST_F(Verifying, AcceptsKeysOfAllKinds) {
    for (const char* kind : {"RSA:2048", "ED25519", "EC:secp384r1"}) {
        key = parse_key(make_key(kind));
        EXPECT_NE(refusal(image), "accepted") << kind;
        sign(image);
        EXPECT_EQ(refusal(image), "accepted") << kind;
    }
}

TEST_F(Verifying, AcceptsASignatureOfTheManifestAlone) {
    sign(image.with_digest(manifest.digest));
    EXPECT_EQ(refusal(image), "accepted");
}

TEST_F(Verifying, SignsEachManifestOfAnIndexWhenAsked) {
    auto made = sign(image, {.recursive = true});
    ASSERT_EQ(made.size(), 2u);
    EXPECT_EQ(refusal(image.with_digest(manifest.digest)), "accepted");
}

TEST_F(Verifying, SignsOnceAndBesideOthers) {
    EXPECT_TRUE(sign(image)[0].made);
    EXPECT_FALSE(sign(image)[0].made);
    EXPECT_TRUE(sign(image, {.referrers = true})[0].made);
    EXPECT_FALSE(sign(image, {.referrers = true})[0].made);
    Policy first = policy();
    key = parse_key(make_key("ED25519"));
    EXPECT_TRUE(sign(image)[0].made);
    EXPECT_EQ(refusal(image), "accepted");
    EXPECT_EQ(refusal(image, first), "accepted");
}

TEST_F(Verifying, RefusesTheSignatureOfAnotherKey) {
    sign(image);
    key = parse_key(make_key("EC:prime256v1"));
    EXPECT_EQ(refusal(image), "no signature of " + shown(image) + " counts: it is by another key");
}

TEST_F(Verifying, RefusesASignatureMadeForAnotherRepository) {
    Reference other = Reference::parse(server->host() + "/other/redis:4");
    publish(other);
    std::string text = payload(image.name(), index.digest);
    put_signatures("other/redis", {{text, key.sign(text)}});
    EXPECT_EQ(refusal(other),
              "no signature of " + shown(other) + " counts: it is for '" + image.name() + "'");
}

TEST_F(Verifying, RefusesASignatureOfAnotherContent) {
    std::string text = payload(image.name(), Digest::of("older"));
    put_signatures("some/redis", {{text, key.sign(text)}});
    EXPECT_EQ(refusal(image), "no signature of " + shown(image) +
                                  " counts: it is for another content, " +
                                  Digest::of("older").str());
}

TEST_F(Verifying, RefusesASignedTextThatCannotBeRead) {
    for (std::string text : {"", "{}", "{\"critical\":", "null"}) {
        put_signatures("some/redis", {{text, key.sign(text)}});
        EXPECT_THAT(refusal(image), StartsWith("no signature of " + shown(image))) << text;
    }
}

TEST_F(Verifying, RefusesSignaturesThatAreNone) {
    std::string text = payload(image.name(), index.digest);
    put_signatures("some/redis", {{text, "x"}, {text, std::string(5000, '\0')}});
    EXPECT_EQ(refusal(image), "no signature of " + shown(image) + " counts: it is by another key");
}

TEST_F(Verifying, LooksAtNoMoreThanSoManySignatures) {
    std::string text = payload(image.name(), index.digest);
    std::vector<std::pair<std::string, std::string>> signatures(max_signatures, {text, "x"});
    signatures.emplace_back(text, key.sign(text));
    put_signatures("some/redis", signatures);
    EXPECT_EQ(refusal(image), "no signature of " + shown(image) + " counts: it is by another key");
    signatures.erase(signatures.begin());
    put_signatures("some/redis", signatures);
    EXPECT_EQ(refusal(image), "accepted");
}

TEST_F(Verifying, FetchesNoSignatureThatIsTooLarge) {
    std::string text(Payload::max_size + 1, ' ');
    put_signatures("some/redis", {{text, key.sign(text)}});
    EXPECT_EQ(refusal(image), shown(image) + " is not signed");
    EXPECT_FALSE(cache.has(Digest::of(text)));
}

TEST_F(Verifying, NeedsNoRegistryForWhatWasFetchedBefore) {
    sign(image);
    EXPECT_EQ(refusal(image), "accepted");
    server.reset();
    ResolvedImage kept = resolve(cache, image, amd64);
    Policy known = policy();
    Verifier(known, options, silent_reporter()).check(cache, kept);
    cache.collect();
    Verifier(known, options, silent_reporter()).check(cache, kept);
}

TEST_F(Verifying, SaysWhenTheRegistryCannotBeAsked) {
    ResolvedImage kept = pulled(image);
    server.reset();
    Policy known = policy();
    try {
        Verifier(known, options, silent_reporter()).check(cache, kept);
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_THAT(error.message(), StartsWith(shown(image) + " is not signed (asked for "));
    }
}

TEST_F(Verifying, FailsWhenAKeptSignatureIsDamaged) {
    sign(image);
    EXPECT_EQ(refusal(image), "accepted");
    std::string text = payload(image.name(), index.digest);
    write_file(cache.path_of(Digest::of(text)), std::string(text.size(), ' '));
    EXPECT_THAT(refusal(image), HasSubstr("damaged"));
}

TEST_F(Verifying, AcceptsWhatIsSignedInTheCacheAlone) {
    ResolvedImage kept = pulled(image);
    auto made = sign_kept(cache, image, key);
    ASSERT_EQ(made.size(), 2u);
    EXPECT_FALSE(sign_kept(cache, image, key)[0].made);
    server.reset();
    Policy known = policy();
    Verifier(known, options, silent_reporter()).check(cache, kept);
}

TEST_F(Verifying, ObeysThePolicy) {
    auto of = [&](const std::string& requirement) {
        return Policy::parse("{\"default\":[" + requirement + "]}", "the policy");
    };
    EXPECT_EQ(refusal(image, of(R"({"type":"insecureAcceptAnything"})")), "accepted");
    EXPECT_EQ(refusal(image, of(R"({"type":"reject"})")),
              "the policy rejects image '" + image.familiar() + "'");
    EXPECT_EQ(refusal(image, of(R"({"type":"signedBy"})")),
              "the policy wants 'signedBy' (GPG) of image '" + image.familiar() +
                  "', which cannot be checked");
    std::string by_key = fmt::format(R"({{"type":"sigstoreSigned","keyData":"{}"}})",
                                     base64_encode(key.public_key().pem()));
    EXPECT_EQ(refusal(image, of(by_key)), shown(image) + " is not signed");
    sign(image);
    EXPECT_EQ(refusal(image, of(by_key)), "accepted");
    EXPECT_EQ(refusal(image, of(by_key + R"(,{"type":"reject"})")),
              "the policy rejects image '" + image.familiar() + "'");
    PrivateKey other = parse_key(make_key("ED25519"));
    std::string both = fmt::format(R"({},{{"type":"sigstoreSigned","keyData":"{}"}})", by_key,
                                   base64_encode(other.public_key().pem()));
    EXPECT_THAT(refusal(image, of(both)), HasSubstr("it is by another key"));
}

} // namespace
} // namespace coracle
