// SPDX-License-Identifier: Apache-2.0
#include "io/sink.h"

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "base/fd.h"

namespace coracle {

namespace {
constexpr size_t chunk = 256 << 10;
}

void Sink::write_file(int fd, uint64_t offset, uint64_t size) {
    auto buffer = std::make_unique<char[]>(chunk);
    while (size > 0) {
        size_t count = read_some(fd, buffer.get(), std::min<uint64_t>(chunk, size),
                                 static_cast<off_t>(offset), "file");
        if (count == 0)
            throw Error("a file became shorter while it was copied");
        write({buffer.get(), count});
        offset += count;
        size -= count;
    }
}

uint64_t copy(Source& source, Sink& sink) {
    auto buffer = std::make_unique<char[]>(chunk);
    uint64_t total = 0;
    while (size_t count = source.read({buffer.get(), chunk})) {
        sink.write({buffer.get(), count});
        total += count;
    }
    return total;
}

void write_zeros(Sink& sink, uint64_t count) {
    static constexpr char zeros[4096] = {};
    while (count > 0) {
        auto part = static_cast<size_t>(std::min<uint64_t>(sizeof zeros, count));
        sink.write({zeros, part});
        count -= part;
    }
}

} // namespace coracle
