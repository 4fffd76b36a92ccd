// SPDX-License-Identifier: Apache-2.0
// Any bytes as a compressed stream, of the kind that they look like.
#include "check.h"
#include "io/codecs.h"
#include "io/compress.h"
#include "io/memory.h"

using namespace coracle;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    auto unpack = [&](size_t piece) {
        std::string out;
        MemorySource source(text);
        bool lz4 = text.starts_with("\x02\x21\x4c\x18");
        auto plain = lz4 ? make_unlz4(source) : make_decompressor(source, detect_compression(text));
        LimitedSource limited(*plain, 1 << 20, "the stream");
        std::string buffer(piece, '\0');
        while (size_t count = limited.read(buffer))
            out.append(buffer, 0, count);
        return out;
    };
    fuzz::expect_error_at_most([&] {
        std::string whole = unpack(64 << 10);
        fuzz::check(unpack(7) == whole, "the size of the buffer does not matter");
    });
    return 0;
}
