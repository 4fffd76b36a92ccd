// SPDX-License-Identifier: Apache-2.0
#include "archive/entry.h"

#include "io/memory.h"

namespace coracle {

void EntrySink::add(const Entry& entry) { add(entry, std::string_view{}); }

void EntrySink::add(const Entry& entry, std::string_view content) {
    MemorySource source(content);
    add(entry, source);
}

void copy(EntrySource& source, EntrySink& sink) {
    while (auto entry = source.next())
        sink.add(*entry, source.content());
}

} // namespace coracle
