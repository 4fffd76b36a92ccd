// SPDX-License-Identifier: Apache-2.0
#include "io/source.h"

#include <algorithm>

#include "base/error.h"

namespace coracle {

size_t read_full(Source& source, std::span<char> buffer) {
    size_t filled = 0;
    while (filled < buffer.size()) {
        size_t count = source.read(buffer.subspan(filled));
        if (count == 0)
            break;
        filled += count;
    }
    return filled;
}

void read_exactly(Source& source, std::span<char> buffer, const char* what) {
    if (read_full(source, buffer) != buffer.size())
        throw Error("{} is truncated", what);
}

std::string read_all(Source& source, uint64_t limit) {
    std::string text;
    char buffer[16384];
    while (size_t count = source.read(buffer)) {
        if (text.size() + count > limit)
            throw Error("more than the allowed {} bytes", limit);
        text.append(buffer, count);
    }
    return text;
}

uint64_t Source::pass(uint64_t count) {
    char buffer[65536];
    uint64_t passed = 0;
    while (passed < count) {
        auto want = static_cast<size_t>(std::min<uint64_t>(sizeof buffer, count - passed));
        size_t got = read({buffer, want});
        if (got == 0)
            break;
        passed += got;
    }
    return passed;
}

uint64_t skip(Source& source, uint64_t count) { return source.pass(count); }

} // namespace coracle
