// SPDX-License-Identifier: Apache-2.0
#include "archive/content.h"

#include <algorithm>

#include "base/error.h"

namespace coracle {

void write_content(const Entry& entry, Source& content, Sink& sink) {
    char buffer[64 << 10];
    uint64_t left = entry.size;
    while (left > 0) {
        size_t count =
            content.read({buffer, static_cast<size_t>(std::min<uint64_t>(sizeof buffer, left))});
        if (count == 0)
            throw Error("the content of '{}' is {} bytes long instead of {}", entry.path.str(),
                        entry.size - left, entry.size);
        sink.write({buffer, count});
        left -= count;
    }
}

} // namespace coracle
