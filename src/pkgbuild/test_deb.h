// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "archive/tar_writer.h"
#include "io/compress.h"
#include "io/memory.h"

namespace coracle::test {

/// A file for make_deb(): a name that ends in '/' is a directory, "NAME -> TARGET" a symlink,
/// "NAME => TARGET" a hard link.
using DebFiles = std::vector<std::pair<std::string, std::string>>;

inline Entry deb_entry(std::string name, const std::string& content) {
    Entry entry;
    entry.mtime = 1'700'000'000;
    if (size_t arrow = name.find(" -> "); arrow != name.npos) {
        entry.type = EntryType::symlink;
        entry.mode = 0777;
        entry.link_target = name.substr(arrow + 4);
        name.resize(arrow);
    } else if (size_t hard = name.find(" => "); hard != name.npos) {
        entry.type = EntryType::hard_link;
        entry.link_target = name.substr(hard + 4);
        name.resize(hard);
    } else if (name.ends_with('/')) {
        entry.type = EntryType::directory;
        entry.mode = 0755;
    } else {
        entry.size = content.size();
        if (name.find("bin/") != name.npos)
            entry.mode = 0755;
    }
    entry.path = TreePath(name);
    return entry;
}

inline std::string packed_tar(const DebFiles& files, Compression compression) {
    StringSink sink;
    auto packer = make_compressor(sink, compression);
    TarWriter writer(*packer);
    for (const auto& [name, content] : files) {
        auto entry = deb_entry(name, content);
        writer.add(entry, std::string_view(content).substr(0, entry.size));
    }
    writer.finish();
    return sink.take();
}

inline std::string ar_member(std::string_view name, std::string_view content) {
    return fmt::format("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n{}{}", name, 0, 0, 0, 100644,
                       content.size(), content, content.size() % 2 ? "\n" : "");
}

/// A Debian package with these files.
inline std::string make_deb(const std::string& name, const DebFiles& files,
                            Compression compression = Compression::xz) {
    std::string suffix = compression == Compression::none   ? ""
                         : compression == Compression::gzip ? ".gz"
                         : compression == Compression::zstd ? ".zst"
                                                            : ".xz";
    std::string control = fmt::format("Package: {}\nVersion: 1.0\nArchitecture: amd64\n"
                                      "Maintainer: nobody <nobody@example.org>\n"
                                      "Description: a package\n",
                                      name);
    return "!<arch>\n" + ar_member("debian-binary", "2.0\n") +
           ar_member("control.tar" + suffix, packed_tar({{"control", control}}, compression)) +
           ar_member("data.tar" + suffix, packed_tar(files, compression));
}

} // namespace coracle::test
