// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <fcntl.h>

#include "archive/test_tar.h"
#include "archive/tree.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"

namespace coracle::test {

inline Tree tree_of(const std::string& archive) {
    MemorySource source(archive);
    TarReader tar(source);
    EntrySpool spool(unnamed_file());
    copy(tar, spool);
    spool.finish();
    Tree tree;
    tree.take(std::move(spool));
    return tree;
}

/// Bytes that do not compress, the same each time.
inline std::string noise(size_t size) {
    std::string text(size, '\0');
    uint64_t state = 88172645463325252;
    for (char& c : text) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        c = static_cast<char>(state >> 32);
    }
    return text;
}

inline std::string repeated(std::string_view text, size_t count) {
    std::string all;
    for (size_t i = 0; i < count; ++i)
        all += text;
    return all;
}

/// One of everything that a root file system may have, with sizes around those of blocks.
inline std::string everything(bool large_numbers = true) {
    auto owned = [](const char* mode, const char* uid, const char* gid) {
        return [=](UstarHeader& header) {
            TarText::put(header.mode, mode);
            TarText::put(header.uid, uid);
            TarText::put(header.gid, gid);
            TarText::put(header.mtime, "13132027400"); // 1500000000
        };
    };
    TarText tar;
    tar.add("./", '5', "", owned("0000755", "0000000", "0000000"));
    tar.directory("bin").directory("dev").directory("many").directory("deep");
    tar.pax({{"SCHILY.xattr.security.capability",
              std::string("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20)},
             {"SCHILY.xattr.user.note", "kept"}});
    tar.add("bin/ping", '0',
            repeated("\x7f"
                     "ELF and more ",
                     9000),
            owned("0004755", "0000000", "0000005"));
    tar.hard_link("bin/ping6", "bin/ping");
    tar.device("dev/null", 1, 3);
    tar.add("dev/many", '4', "", [&](UstarHeader& header) {
        TarText::put(header.device_major, "0000403");                             // 259
        TarText::put(header.device_minor, large_numbers ? "0210560" : "0000007"); // 70000
    });
    tar.add("dev/pipe", '6', "");
    tar.symlink("short", "bin/ping").symlink("absolute", "/bin/ping");
    tar.symlink("long", "bin/" + repeated("../bin/", 13) + "x");
    tar.add("closed", '5', "", owned("0000700", "0361100", "2376675")); // 123456, 654781
    tar.add("sticky", '5', "", owned("0001777", "0000000", "0000000"));
    tar.file("empty")
        .file("-dash", "x")
        .file("z\xc3\xa4h", "umlaut")
        .file("not\xff"
              "utf8",
              "y");
    tar.file("zeros", std::string(1'000'000, '\0')).file("noise", noise(3'000'001));
    tar.file("text", repeated("to be compressed well\n", 300'000));
    for (size_t size : {4095, 4096, 4097, 8191, 65536, 131072, 131073})
        tar.file(fmt::format("size-{}", size), noise(size));
    tar.file("mixed", noise(70'000) + std::string(200'000, 'm') + noise(70'000));
    for (int i = 0; i < 700; ++i)
        tar.file(fmt::format("many/a-file-with-a-rather-long-name-{:04}", i), fmt::format("{}", i));
    for (size_t i = 0; i < 12; ++i)
        tar.file("many/" + std::string(75 + i, 'n'), "");
    std::string path = "deep";
    for (int i = 0; i < 11; ++i)
        tar.directory(path += "/d");
    tar.file(path + "/end", "of it");
    return tar.str();
}

/// The entries of a tar, a line each, in the order of their names; to be compared.
inline std::string listing_of(const std::string& tar_text) {
    std::map<std::string, std::string> lines;
    std::map<std::string, std::vector<std::string>> names; // of files with more than one
    MemorySource source(tar_text);
    TarReader tar(source);
    while (auto entry = tar.next()) {
        std::string path = entry->path.str();
        if (path.empty())
            continue; // not all programs tell of the root
        if (entry->type == EntryType::hard_link) {
            names[entry->link_target].push_back(path);
            continue;
        }
        std::string content = read_all(tar.content());
        std::string xattrs;
        for (const auto& [name, value] : entry->xattrs)
            xattrs += fmt::format(" {}={}", name, to_hex(value));
        lines[path] = fmt::format("{} {:o} {}:{} {} {}:{} {} {}{}", static_cast<int>(entry->type),
                                  entry->mode, entry->uid, entry->gid, entry->mtime,
                                  entry->device_major, entry->device_minor, entry->link_target,
                                  std::hash<std::string>()(content), xattrs);
    }
    // It does not matter which of a file's names is a link to which.
    for (auto& [first, links] : names) {
        links.push_back(first);
        std::ranges::sort(links);
        std::string line = lines[first] + " by the names " + join(links, " ");
        for (const auto& link : links)
            lines[link] = line;
    }
    std::string text;
    for (const auto& [path, line] : lines)
        text += fmt::format("'{}' {}\n", path, line);
    return text;
}

/// A file with an image in it.
class ImageFile {
public:
    template <class Write>
    explicit ImageFile(Write&& write) : path_(dir_ / "image") {
        Fd fd = open_fd(path_, O_RDWR | O_CREAT | O_EXCL);
        size_ = write(fd.get());
    }
    const std::string& path() const { return path_; }
    uint64_t size() const { return size_; }
    std::string bytes() const { return read_file(path_, uint64_t{1} << 30); }
    std::string operator/(std::string_view name) const { return dir_ / name; }

private:
    TempDir dir_;
    std::string path_;
    uint64_t size_ = 0;
};

} // namespace coracle::test
