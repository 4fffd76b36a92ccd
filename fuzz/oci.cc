// SPDX-License-Identifier: Apache-2.0
// Any bytes as each of the texts that registries and users send. What is taken is written and taken
// again.
#include "check.h"
#include "oci/image_config.h"
#include "oci/manifest.h"
#include "oci/platform.h"
#include "oci/reference.h"

using namespace coracle;

namespace {

template <class Document>
void document(std::string_view text) {
    fuzz::expect_error_at_most([&] {
        std::string once;
        once = Document::parse(text, "x").str();
        try {
            fuzz::check(Document::parse(once, "x").str() == once, "written twice the same");
        } catch (const Error& error) {
            fuzz::check(false, error.what());
        }
    });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    document<Manifest>(text);
    document<Index>(text);
    document<ImageConfig>(text);
    fuzz::expect_error_at_most([&] {
        Reference reference = Reference::parse(text);
        fuzz::check(Reference::parse(reference.full()).full() == reference.full(), "full name");
        fuzz::check(Reference::parse(reference.familiar()) == reference, "familiar name");
    });
    if (auto digest = Digest::try_parse(text))
        fuzz::check(digest->str() == text && text.find('/') == text.npos, "a digest is its text");
    fuzz::expect_error_at_most([&] {
        Platform platform = Platform::parse(text);
        fuzz::check(Platform::parse(platform.str()) == platform, "platform");
    });
    return 0;
}
