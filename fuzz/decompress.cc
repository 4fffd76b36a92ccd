// SPDX-License-Identifier: Apache-2.0
// Any bytes as a compressed stream, of the kind that they look like.
#include "check.h"
#include "io/compress.h"
#include "io/memory.h"

using namespace coracle;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    auto unpack = [&](Compression compression, size_t piece) {
        std::string out;
        MemorySource source(text);
        auto plain = make_decompressor(source, compression);
        LimitedSource limited(*plain, 1 << 20, "the stream");
        std::string buffer(piece, '\0');
        while (size_t count = limited.read(buffer))
            out.append(buffer, 0, count);
        return out;
    };
    fuzz::expect_error_at_most([&] {
        Compression compression = detect_compression(text);
        std::string whole = unpack(compression, 64 << 10);
        fuzz::check(unpack(compression, 7) == whole, "the size of the buffer does not matter");
    });
    return 0;
}
