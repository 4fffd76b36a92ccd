// SPDX-License-Identifier: Apache-2.0
#include "trust/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "registry/base64.h"
#include "trust/test_keys.h"

namespace coracle {
namespace {

using Kind = Requirement::Kind;

std::string refusal(const std::string& text) {
    try {
        Policy::parse(text, "the policy");
    } catch (const Error& error) {
        return error.message();
    }
    return "accepted";
}

const std::string reject = R"([{"type":"reject"}])";
const std::string accept = R"([{"type":"insecureAcceptAnything"}])";

std::string docker(const std::string& scopes) {
    return fmt::format(R"({{"default":{},"transports":{{"docker":{{{}}}}}}})", reject, scopes);
}

std::string signed_with(const std::string& members) {
    return docker(R"("":[{"type":"sigstoreSigned",)" + members + "}]");
}

const std::string key_data =
    fmt::format(R"("keyData":"{}")", base64_encode(test::cosign_public_key));

Kind kind_for(const Policy& policy, const std::string& reference) {
    return policy.requirements_for(Reference::parse(reference))[0].kind;
}

TEST(Policy, OfAKeyWantsItForEveryImage) {
    TempDir temporary;
    write_file(temporary / "cosign.pub", test::cosign_public_key);
    Policy policy = Policy::read(temporary / "cosign.pub");
    EXPECT_EQ(policy.name(), "key '" + (temporary / "cosign.pub") + "'");
    const auto& requirements = policy.requirements_for(Reference::parse("redis:4"));
    ASSERT_EQ(requirements.size(), 1u);
    EXPECT_EQ(requirements[0].kind, Kind::signed_by);
    EXPECT_EQ(requirements[0].keys.size(), 1u);
}

TEST(Policy, TakesTheMostSpecificScope) {
    const char* digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for (std::string scope : {"quay.io/a/b:1", "quay.io/a/b", "quay.io/a", "quay.io", "*.io", ""}) {
        Policy policy = Policy::parse(docker("\"" + scope + "\":" + accept), "p");
        EXPECT_EQ(kind_for(policy, "quay.io/a/b:1"), Kind::accept) << scope;
        EXPECT_EQ(kind_for(policy, fmt::format("quay.io/a/b:1@{}", digest)), Kind::accept) << scope;
        EXPECT_EQ(kind_for(policy, "a.example/b"), scope.empty() ? Kind::accept : Kind::reject)
            << scope;
    }
    Policy policy = Policy::parse(docker(R"("quay.io/a":)" + reject + R"(,"quay.io":)" + accept +
                                         R"(,"quay.io/a/b":)" + accept),
                                  "p");
    EXPECT_EQ(kind_for(policy, "quay.io/a/b"), Kind::accept);
    EXPECT_EQ(kind_for(policy, "quay.io/a/c"), Kind::reject);
    EXPECT_EQ(kind_for(policy, "quay.io/ab"), Kind::accept);
    EXPECT_EQ(kind_for(policy, "quay.io.evil.example/a"), Kind::reject);
    EXPECT_EQ(kind_for(policy, "localhost:5000/quay.io/a/b"), Kind::reject);
}

TEST(Policy, ReadsKeysBesideItself) {
    TempDir temporary;
    write_file(temporary / "cosign.pub", test::cosign_public_key);
    write_file(temporary / "policy.json", signed_with(R"("keyPath":"cosign.pub")"));
    Policy policy = Policy::read(temporary / "policy.json");
    EXPECT_EQ(kind_for(policy, "redis"), Kind::signed_by);
    EXPECT_EQ(refusal(signed_with(key_data)), "accepted");
    EXPECT_EQ(refusal(signed_with(R"("keyPath":"/absent/key")")).substr(0, 27),
              "cannot open '/absent/key': ");
}

TEST(Policy, NeverMeetsWhatCannotBeChecked) {
    for (std::string requirement :
         {R"({"type":"signedBy","keyType":"GPGKeys","keyPath":"/key"})",
          R"({"type":"sigstoreSigned","fulcio":{"caPath":"x"}})",
          R"({"type":"sigstoreSigned","keyPath":"/key","rekorPublicKeyPath":"x"})"}) {
        Policy policy = Policy::parse(docker("\"\":[" + requirement + "]"), "p");
        EXPECT_EQ(kind_for(policy, "redis"), Kind::unsupported) << requirement;
    }
}

TEST(Policy, KnowsTheKindsOfIdentities) {
    auto identity = [](const std::string& json) {
        Policy policy = Policy::parse(signed_with(key_data + R"(,"signedIdentity":)" + json), "p");
        return policy.requirements_for(Reference::parse("redis"))[0].identity;
    };
    using enum IdentityMatch::Kind;
    EXPECT_EQ(identity(R"({"type":"matchRepository"})").kind, repository);
    EXPECT_EQ(identity(R"({"type":"matchExact"})").kind, exact);
    EXPECT_EQ(identity(R"({"type":"matchRepoDigestOrExact"})").kind, repository_digest_or_exact);
    EXPECT_EQ(identity(R"({"type":"exactReference","dockerReference":"a:1"})").name, "a:1");
    EXPECT_EQ(identity(R"({"type":"exactRepository","dockerRepository":"a"})").kind,
              exact_repository);
    auto remap = identity(R"({"type":"remapIdentity","prefix":"a.b","signedPrefix":"c.d"})");
    EXPECT_EQ(remap.prefix + " " + remap.name, "a.b c.d");
}

TEST(Policy, IsRefusedWhenItIsMalformed) {
    EXPECT_EQ(refusal("{}"), "the policy: 'default' is missing");
    EXPECT_EQ(refusal(R"({"default":[]})"),
              "'default' of the policy is not a list of requirements");
    EXPECT_EQ(refusal(R"({"default":[{}]})"), "'default' of the policy[0]: 'type' is missing");
    EXPECT_EQ(refusal(R"({"default":[{"type":"accept"}]})"),
              "'default' of the policy[0]: type 'accept' is not known");
    EXPECT_EQ(refusal(R"({"default":[{"type":"reject","keyPath":"x"}]})"),
              "'default' of the policy[0]: 'keyPath' is not known");
    EXPECT_EQ(refusal(R"({"default":[{"type":"reject"}],"transport":{}})"),
              "the policy: 'transport' is not known");
    EXPECT_EQ(refusal(R"({"default":[{"type":"reject"}],"default":[{"type":"reject"}]})"),
              "the policy has the key 'default' twice in one object");
    EXPECT_EQ(refusal("[]"), "the policy is not a JSON object");
    EXPECT_EQ(refusal(R"({"default":[{"type":"reject"}],"transports":{"docker":[]}})"),
              "'docker' of the policy is not a JSON object");
    EXPECT_EQ(refusal(docker(R"("redis":)" + accept)),
              "the policy: the scope 'redis' names no registry");
    EXPECT_EQ(refusal(signed_with(R"("keyPath":"a","keyData":"b")")),
              "'' of the policy[0]: exactly one of keyPath, keyPaths, keyData and keyDatas is "
              "wanted");
    EXPECT_EQ(refusal(signed_with(R"("keyPaths":[])")), "'' of the policy[0] names no key");
    EXPECT_EQ(refusal(signed_with(R"("keyData":"AAAA")")),
              "the key in '' of the policy[0] holds no public key");
    EXPECT_EQ(refusal(signed_with(key_data + R"(,"signedIdentity":{"type":"match"})")),
              "'' of the policy[0].signedIdentity: type 'match' is not known");
}

} // namespace
} // namespace coracle
