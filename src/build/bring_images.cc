// SPDX-License-Identifier: Apache-2.0
#include "build/bring_images.h"

#include <algorithm>

#include "base/text.h"
#include "trust/selection.h"
#include "trust/verifier.h"

namespace coracle {

namespace {

bool is_url(const std::string& name) {
    return name.starts_with("http://") || name.starts_with("https://");
}

/// Who signs what must be signed, and which images that is.
class SignatureCheck {
public:
    SignatureCheck(const BuildOptions& options, const Spec& spec, Store& store)
        : policy_(Policy::read(options.verify)),
          verifier_(policy_, options.registry, *options.reporter), store_(store),
          reporter_(*options.reporter) {
        if (!spec.trust)
            return;
        // Whoever serves a YAML shall not say what of it is looked at.
        if (std::ranges::any_of(spec.sources, is_url, &SpecSource::name))
            reporter_.warning("'trust' is not followed in a build from a URL: all images must be "
                              "signed");
        else
            trust_ = spec.trust;
    }

    void check(const ResolvedImage& image) {
        if (trust_ && !selects(*trust_, image.reference))
            skipped_.push_back(image.reference.familiar());
        else
            verifier_.check(store_, image);
    }

    void tell() const {
        if (!skipped_.empty())
            reporter_.info(
                fmt::format("signatures not looked at, as 'trust' does not name them: {}",
                            join(skipped_, ", ")));
    }

private:
    Policy policy_;
    Verifier verifier_;
    Store& store_;
    Reporter& reporter_;
    std::optional<TrustSpec> trust_;
    std::vector<std::string> skipped_;
};

} // namespace

ImageTable bring_images(Spec& spec, Store& store, const BuildOptions& options, BuildLock& lock) {
    Reporter& reporter = *options.reporter;
    std::optional<SignatureCheck> signatures;
    if (!options.verify.empty())
        signatures.emplace(options, spec, store);
    else if (spec.trust)
        reporter.warning("'trust' has no effect without --verify");
    ImageAccess access{.always_pull = options.always_pull, .registry = options.registry};
    access.built = ensure_packages(spec, store, options.platform, lock, reporter);
    if (signatures)
        access.check = [&](const ResolvedImage& image) { signatures->check(image); };
    ImageTable images = ensure_images(spec, store, options.platform, access, lock, reporter);
    if (signatures)
        signatures->tell();
    return images;
}

} // namespace coracle
