// SPDX-License-Identifier: Apache-2.0
// Any bytes as a Debian package: read to its end or refused, within bounds.
#include "pkgbuild/deb.h"
#include "check.h"
#include "io/memory.h"

using namespace coracle;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    try {
        MemorySource source(fuzz::text_of(data, size));
        DebReader reader(source, "fuzz");
        (void)control_field(reader.control(), "Package");
        auto& files = reader.data();
        while (auto entry = files.next())
            fuzz::check(skip(files.content()) == entry->size,
                        "content is as long as its entry says");
    } catch (const Error&) {
    }
    return 0;
}
