// SPDX-License-Identifier: Apache-2.0
// Any bytes as an initrd. What can be read can be written, and is then read as the same.
#include <vector>

#include "archive/cpio_reader.h"
#include "archive/cpio_writer.h"
#include "check.h"
#include "io/memory.h"

using namespace coracle;

namespace {

struct Member {
    Entry entry;
    std::string content;
};

std::vector<Member> read_archive(std::string_view text) {
    MemorySource source(text);
    CpioReader cpio(source, {.entries = 1000, .bytes = 1 << 20, .unpacked = 1 << 20});
    std::vector<Member> all;
    while (auto entry = cpio.next()) {
        std::string content = read_all(cpio.content());
        fuzz::check(content.size() == entry->size, "content is as long as its entry says");
        if (!entry->path.is_root())
            all.push_back({std::move(*entry), std::move(content)});
    }
    return all;
}

std::string written(const std::vector<Member>& all) {
    StringSink text;
    CpioWriter cpio(text);
    for (const auto& [entry, content] : all)
        cpio.add(entry, content);
    cpio.finish();
    return text.take();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    fuzz::expect_error_at_most([&] {
        std::string text = written(read_archive(fuzz::text_of(data, size)));
        try {
            fuzz::check(written(read_archive(text)) == text, "written twice the same");
        } catch (const Error& error) {
            fuzz::check(false, error.what());
        }
    });
    return 0;
}
