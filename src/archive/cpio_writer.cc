// SPDX-License-Identifier: Apache-2.0
#include "archive/cpio_writer.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <sys/stat.h>

#include "archive/content.h"
#include "base/error.h"

namespace coracle {

struct CpioWriter::Header {
    uint32_t inode = 0;
    uint32_t mode = 0;
    uint32_t uid = 0;
    uint32_t gid = 0;
    uint32_t links = 1;
    uint32_t mtime = 0;
    uint32_t size = 0;
    uint32_t rdev_major = 0;
    uint32_t rdev_minor = 0;
};

namespace {

uint32_t file_type(EntryType type) {
    switch (type) {
    case EntryType::regular:
    case EntryType::hard_link: return S_IFREG;
    case EntryType::directory: return S_IFDIR;
    case EntryType::symlink: return S_IFLNK;
    case EntryType::character: return S_IFCHR;
    case EntryType::block: return S_IFBLK;
    case EntryType::fifo: return S_IFIFO;
    }
    return S_IFREG;
}

constexpr std::string_view trailer = "TRAILER!!!";

constexpr size_t padding(uint64_t size) { return static_cast<size_t>((4 - size % 4) % 4); }

} // namespace

void CpioWriter::put(const Header& header, std::string_view name) {
    char text[111];
    fmt::format_to_n(
        text, sizeof text,
        "070701{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}"
        "00000000",
        header.inode, header.mode, header.uid, header.gid, header.links, header.mtime, header.size,
        static_cast<uint32_t>(device_ >> 32), static_cast<uint32_t>(device_), header.rdev_major,
        header.rdev_minor, name.size() + 1);
    constexpr size_t length = 110;
    sink_.write({text, length});
    sink_.write(name);
    write_zeros(sink_, 1 + padding(length + name.size() + 1));
}

void CpioWriter::add(const Entry& entry, Source& content) {
    constexpr uint64_t most = std::numeric_limits<uint32_t>::max();
    if (entry.path.is_root())
        return;
    if (entry.path.str() == trailer)
        throw Error("a file named '{}' cannot be in an initrd: the name marks its end", trailer);
    if (entry.size > most)
        throw Error("'{}' has {} bytes; a file in an initrd cannot have 4 GiB or more",
                    entry.path.str(), entry.size)
            .hint("a format with a root file system on a disk, or the file in a volume");
    bool link = entry.type == EntryType::hard_link;
    uint32_t inode = next_inode_;
    if (link) {
        auto found = shared_.find(entry.link_target);
        if (found == shared_.end())
            throw Error("the hard link '{}' comes before its target '{}'", entry.path.str(),
                        entry.link_target);
        inode = found->second;
    } else {
        ++next_inode_;
        if (entry.link_count > 1)
            shared_.insert_or_assign(entry.path.str(), inode);
    }
    bool symlink = entry.type == EntryType::symlink;
    Header header;
    header.inode = inode;
    header.mode = file_type(entry.type) | (entry.mode & 07777);
    header.uid = entry.uid;
    header.gid = entry.gid;
    header.links = entry.link_count;
    header.mtime = static_cast<uint32_t>(std::clamp<int64_t>(entry.mtime, 0, most));
    header.size = static_cast<uint32_t>(symlink ? entry.link_target.size() : entry.size);
    header.rdev_major = entry.device_major;
    header.rdev_minor = entry.device_minor;
    put(header, entry.path.str());
    if (symlink)
        sink_.write(entry.link_target);
    else
        write_content(entry, content, sink_);
    write_zeros(sink_, padding(header.size));
}

void CpioWriter::finish() {
    put(Header{}, trailer);
    sink_.finish();
}

} // namespace coracle
