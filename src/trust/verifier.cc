// SPDX-License-Identifier: Apache-2.0
#include "trust/verifier.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "trust/payload.h"

namespace coracle {

namespace {

constexpr size_t max_told = 5; ///< reasons in an error

/// "" when the signature counts, else why not. What is not signed by a known key is not looked at.
std::string fault_of(const Signature& signature, const Requirement& requirement,
                     const ResolvedImage& image) {
    auto verifies = [&](const PublicKey& key) {
        return key.verifies(signature.payload, signature.signature);
    };
    if (std::ranges::none_of(requirement.keys, verifies))
        return "it is by another key";
    try {
        Payload payload = Payload::parse(signature.payload);
        auto subjects = subjects_of(image);
        if (std::ranges::find(subjects, payload.digest) == subjects.end())
            return fmt::format("it is for another content, {}", payload.digest.str());
        return requirement.identity.disagreement(payload.identity, image.reference);
    } catch (const Error& error) {
        return error.message();
    }
}

std::string sentence_of(const std::vector<std::string>& faults) {
    std::vector<std::string> told;
    for (const std::string& fault : faults)
        if (std::ranges::find(told, fault) == told.end() && told.size() < max_told)
            told.push_back(fault);
    return join(told, "; ");
}

Error not_signed(const ResolvedImage& image, const std::vector<std::string>& faults,
                 const std::vector<std::string>& troubles) {
    std::string name = image.reference.familiar();
    std::string digest = image.root.digest.str();
    std::string trouble =
        troubles.empty() ? "" : fmt::format(" (asked for signatures: {})", sentence_of(troubles));
    if (faults.empty())
        return Error("image '{}' ({}) is not signed{}", name, digest, trouble);
    return Error("no signature of image '{}' ({}) counts: {}{}", name, digest, sentence_of(faults),
                 trouble);
}

} // namespace

std::vector<Digest> subjects_of(const ResolvedImage& image) {
    std::vector<Digest> subjects{image.root.digest};
    if (image.descriptor.digest != image.root.digest)
        subjects.push_back(image.descriptor.digest);
    return subjects;
}

void put_back(Store& store, const Reference& reference, const std::optional<Descriptor>& former) {
    if (former)
        store.tag(reference, *former);
    else
        store.untag(reference.full());
}

std::optional<std::vector<std::string>> faults_of(const std::vector<Signature>& signatures,
                                                  const Requirement& requirement,
                                                  const ResolvedImage& image) {
    std::vector<std::string> faults;
    for (const Signature& signature : signatures) {
        std::string fault = fault_of(signature, requirement, image);
        if (fault.empty())
            return std::nullopt;
        faults.push_back(std::move(fault));
    }
    return faults;
}

void Verifier::check(Store& store, const ResolvedImage& image) const {
    const auto& requirements = policy_.requirements_for(image.reference);
    auto subjects = subjects_of(image);
    auto met = [&](const Requirement& requirement) {
        return !faults_of(kept_signatures(store, subjects), requirement, image);
    };
    std::vector<std::string> troubles;
    bool asked = false;
    for (const Requirement& requirement : requirements) {
        if (requirement.kind == Requirement::Kind::accept)
            continue;
        if (requirement.kind == Requirement::Kind::reject)
            throw Error("{} rejects image '{}'", policy_.name(), image.reference.familiar());
        if (requirement.kind == Requirement::Kind::unsupported)
            throw Error("{} wants {} of image '{}', which cannot be checked", policy_.name(),
                        requirement.type, image.reference.familiar());
        if (!met(requirement) && !std::exchange(asked, true))
            troubles = fetch_signatures(store, image.reference, subjects, registry_, reporter_,
                                        [&] { return met(requirement); });
        if (auto faults = faults_of(kept_signatures(store, subjects), requirement, image))
            throw not_signed(image, *faults, troubles)
                .hint(
                    fmt::format("coracle sign --key KEY {} (with --cache-only for an image that is "
                                "in no registry)",
                                image.reference.familiar()));
        reporter_.verbose(fmt::format("image '{}' is signed", image.reference.familiar()));
    }
}

} // namespace coracle
