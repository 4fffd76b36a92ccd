// SPDX-License-Identifier: Apache-2.0
// Any text as a YAML file and as an image's label. What is taken is written and taken again.
#include "check.h"
#include "spec/read.h"
#include "spec/write.h"

using namespace coracle;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    fuzz::expect_error_at_most([&] { static_cast<void>(parse_label(text, "an image")); });
    fuzz::expect_error_at_most([&] {
        std::string yaml = to_yaml(parse_spec(text, "os.yml"));
        try {
            fuzz::check(to_yaml(parse_spec(yaml, "again.yml")) == yaml, "written twice the same");
        } catch (const Error& error) {
            fuzz::check(false, error.what());
        }
    });
    return 0;
}
