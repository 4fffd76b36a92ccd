// SPDX-License-Identifier: Apache-2.0
// Any bytes as a tar archive, its checksums made right. What can be read can be written, and is
// then read as the same.
#include <cstring>
#include <optional>
#include <vector>

#include "archive/tar_format.h"
#include "archive/tar_reader.h"
#include "archive/tar_writer.h"
#include "check.h"
#include "io/memory.h"

using namespace coracle;

namespace {

struct Member {
    Entry entry;
    std::string content;
};

/// Changes to headers would hardly ever be seen otherwise.
std::string with_checksums(std::string text) {
    for (size_t at = 0; at + tar_block <= text.size(); at += tar_block) {
        UstarHeader header;
        std::memcpy(&header, text.data() + at, sizeof header);
        if (std::memcmp(header.magic, "ustar", 5) != 0)
            continue;
        fmt::format_to_n(header.checksum, 7, "{:06o}", tar_checksum(header));
        header.checksum[6] = '\0';
        std::memcpy(text.data() + at, &header, sizeof header);
    }
    return text;
}

std::vector<Member> read_archive(std::string_view text) {
    MemorySource source(text);
    TarReader tar(source, {.entries = 1000, .bytes = 1 << 20, .header_bytes = 64 << 10});
    std::vector<Member> all;
    while (auto entry = tar.next()) {
        std::string content = read_all(tar.content());
        fuzz::check(content.size() == entry->size, "content is as long as its entry says");
        all.push_back({std::move(*entry), std::move(content)});
    }
    return all;
}

std::optional<std::vector<Member>> try_reading(std::string_view text) {
    try {
        return read_archive(text);
    } catch (const Error&) {
        return std::nullopt;
    }
}

bool same(const Entry& a, const Entry& b) {
    return a.path == b.path && a.type == b.type && a.mode == b.mode && a.uid == b.uid &&
           a.gid == b.gid && a.mtime == b.mtime && a.size == b.size &&
           a.link_target == b.link_target && a.device_major == b.device_major &&
           a.device_minor == b.device_minor && a.xattrs == b.xattrs;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    auto all = try_reading(with_checksums(std::string(fuzz::text_of(data, size))));
    if (!all)
        return 0;
    StringSink text;
    TarWriter tar(text);
    for (const auto& [entry, content] : *all)
        tar.add(entry, content);
    tar.finish();
    auto again = read_archive(text.str());
    fuzz::check(again.size() == all->size(), "as many entries");
    for (size_t i = 0; i < again.size(); ++i) {
        fuzz::check(same((*all)[i].entry, again[i].entry), "the same entry");
        fuzz::check((*all)[i].content == again[i].content, "the same content");
    }
    return 0;
}
