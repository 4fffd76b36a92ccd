// SPDX-License-Identifier: Apache-2.0
#include "format/syslinux.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fcntl.h>

#include "base/error.h"
#include "base/file.h"
#include "base/on_disk.h"
#include "base/process.h"
#include "disk/partition_table.h"
#include "disk/random_access_file.h"
#include "format/programs.h"

namespace coracle {

namespace {

constexpr const char* package = "syslinux mtools";
constexpr std::array mbr_files = {"/usr/lib/SYSLINUX/mbr.bin", "/usr/lib/syslinux/mbr/mbr.bin"};
constexpr size_t entry_size = 32;

/// What syslinux wrote: its two files, and the boot sector that finds the first.
struct Installed {
    std::string boot_sector;
    std::string loader;  ///< ldlinux.sys
    std::string library; ///< ldlinux.c32
    std::string table;   ///< the file allocation table
    uint64_t loader_at = 0;
    uint64_t library_at = 0;
};

std::string read_part(int fd, uint64_t offset, uint64_t size) {
    Extents extents;
    extents.add_file(fd, offset, size);
    return extents.read_all();
}

struct Found {
    uint64_t at = 0;
    std::string content;
};

/// A file in the root directory, all of whose clusters follow each other.
Found find_file(int fd, const Fat& fat, std::string_view directory, std::string_view short_name) {
    for (size_t at = 0; at + entry_size <= directory.size(); at += entry_size) {
        auto entry = directory.substr(at, entry_size);
        if (!entry.starts_with(short_name))
            continue;
        auto field = [&]<class T>(size_t offset, T value) {
            std::memcpy(&value, entry.data() + offset, sizeof value);
            return value;
        };
        uint64_t high = field(20, Le<uint16_t>());
        uint64_t low = field(26, Le<uint16_t>());
        uint32_t size = field(28, Le<uint32_t>());
        uint64_t cluster = high << 16 | low;
        if (cluster < 2 || size > (1 << 20))
            break;
        uint64_t offset = fat.data + (cluster - 2) * fat.cluster;
        return {offset, read_part(fd, offset, size)};
    }
    throw Error("syslinux has not installed itself as expected: there is no '{}'", short_name);
}

Installed install(const Fat& empty, int64_t time) {
    std::string program = require_program("syslinux", package);
    require_program("mcopy", "mtools");
    TempDir dir;
    std::string path = dir / "boot.img";
    Fd fd = open_fd(path, O_RDWR | O_CREAT | O_EXCL);
    RandomAccessFile file(fd.get(), path);
    file.write_at(0, empty.image);
    file.resize(empty.image.size());
    Command command{{program, "--install", path}};
    command.env = {{"SOURCE_DATE_EPOCH", fmt::format("{}", time)}, {"TZ", "UTC"}};
    run_checked(command);

    Installed installed;
    installed.boot_sector = read_part(fd.get(), 0, sector_size);
    std::string directory = read_part(fd.get(), empty.root, sector_size);
    auto loader = find_file(fd.get(), empty, directory, "LDLINUX SYS");
    auto library = find_file(fd.get(), empty, directory, "LDLINUX C32");
    installed.loader = std::move(loader.content);
    installed.loader_at = loader.at;
    installed.library = std::move(library.content);
    installed.library_at = library.at;
    uint64_t clusters = (library.at + installed.library.size() - empty.data) / empty.cluster;
    installed.table = read_part(fd.get(), empty.tables, clusters * empty.bits / 8);
    return installed;
}

} // namespace

Extents make_syslinux_partition(std::vector<FatFile> files, const FatOptions& options) {
    // The size is settled with room for what syslinux brings; its files are the first of all, both
    // where it puts them itself and here, so that the places it has noted are right.
    Extents room;
    room.add_zeros(256 << 10);
    files.insert(files.begin(), {{"ldlinux.sys", room}, {"ldlinux.c32", room}});
    FatOptions settled = options;
    settled.size = make_fat(files, options).image.size();
    Installed installed = install(make_fat({}, settled), options.time);
    files[0].content = Extents(installed.loader);
    files[1].content = Extents(installed.library);
    Fat fat = make_fat(files, settled);

    std::string table(installed.table.size(), '\0');
    fat.image.read_at(fat.tables, table);
    constexpr size_t first_entries = 8; // these two hold no clusters but flags
    if (fat.places[0].offset != installed.loader_at ||
        fat.places[1].offset != installed.library_at ||
        std::string_view(table).substr(first_entries) !=
            std::string_view(installed.table).substr(first_entries))
        throw Error("syslinux has laid its files down otherwise than expected");

    Extents image(installed.boot_sector);
    uint64_t backup = 6 * sector_size;
    bool has_backup = fat.bits == 32;
    if (has_backup) {
        image.add(fat.image.slice(sector_size, backup - sector_size));
        image.add(installed.boot_sector);
    }
    image.add(fat.image.slice(image.size(), fat.image.size() - image.size()));
    return image;
}

std::string syslinux_mbr() {
    for (const char* path : mbr_files)
        if (exists(path))
            return read_file(path, sector_size);
    throw Error("syslinux's code for the MBR is not installed")
        .hint(fmt::format("apt-get install {}", package));
}

} // namespace coracle
