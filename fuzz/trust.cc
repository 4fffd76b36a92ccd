// SPDX-License-Identifier: Apache-2.0
// Any bytes as what is signed, as a policy, as a public key and as the name in a signature.
#include "check.h"
#include "trust/identity.h"
#include "trust/payload.h"
#include "trust/policy.h"

using namespace coracle;

namespace {

void policy(std::string_view text) {
    if (text.find("keyPath") != text.npos) // files of this machine are not for a fuzzer
        return;
    Policy parsed = Policy::parse(text, "policy", "/absent");
    for (const char* image : {"redis", "quay.io/a/b:1", "localhost:5000/c"})
        fuzz::check(!parsed.requirements_for(Reference::parse(image)).empty(),
                    "a policy asks something of every image");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    fuzz::expect_error_at_most([&] {
        Payload payload = Payload::parse(text);
        Payload again = Payload::parse(payload.str());
        fuzz::check(again.identity == payload.identity && again.digest == payload.digest,
                    "what is written is what was read");
    });
    fuzz::expect_error_at_most([&] { policy(text); });
    fuzz::expect_error_at_most([&] {
        for (const PublicKey& key : PublicKey::parse_all(text, "key"))
            fuzz::check(!key.verifies(text, text), "nothing verifies itself");
    });
    Reference used = Reference::parse("quay.io/a/b:1");
    if (IdentityMatch{}.disagreement(std::string(text), used).empty())
        fuzz::check(parse_identity(std::string(text)).name() == used.name(),
                    "a signature is for its repository");
    return 0;
}
