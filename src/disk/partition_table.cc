// SPDX-License-Identifier: Apache-2.0
#include "disk/partition_table.h"

#include <algorithm>
#include <cstring>

#include <zlib.h>

#include "base/error.h"
#include "base/on_disk.h"
#include "disk/bytes_of.h"

namespace coracle {

namespace {

struct MbrEntry {
    unsigned char status = 0;
    unsigned char first_chs[3] = {};
    unsigned char type = 0;
    unsigned char last_chs[3] = {};
    Le<uint32_t> first;
    Le<uint32_t> count;
};
struct Mbr {
    char code[440] = {};
    Le<uint32_t> signature;
    Le<uint16_t> reserved;
    MbrEntry entries[4];
    unsigned char magic[2] = {0x55, 0xaa};
};
static_assert(sizeof(Mbr) == sector_size);

struct GptHeader {
    char magic[8] = {'E', 'F', 'I', ' ', 'P', 'A', 'R', 'T'};
    Le<uint32_t> revision = 0x10000;
    Le<uint32_t> size = 92;
    Le<uint32_t> crc;
    Le<uint32_t> reserved;
    Le<uint64_t> self;
    Le<uint64_t> other;
    Le<uint64_t> first_usable;
    Le<uint64_t> last_usable;
    Guid disk;
    Le<uint64_t> entries;
    Le<uint32_t> entry_count;
    Le<uint32_t> entry_size;
    Le<uint32_t> entries_crc;
    char rest[420] = {};
};
static_assert(sizeof(GptHeader) == sector_size);

struct GptEntry {
    Guid type;
    Guid id;
    Le<uint64_t> first;
    Le<uint64_t> last;
    Le<uint64_t> attributes;
    Le<uint16_t> name[36];
};
static_assert(sizeof(GptEntry) == 128);

constexpr uint32_t entry_count = 128;
constexpr uint64_t entry_sectors = entry_count * sizeof(GptEntry) / sector_size;

uint32_t crc_of(std::string_view bytes) {
    return static_cast<uint32_t>(
        ::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

uint64_t aligned(uint64_t size) {
    return (size + partition_alignment - 1) / partition_alignment * partition_alignment;
}

/// Cylinder, head and sector of old, with the usual 255 heads and 63 sectors.
void set_chs(unsigned char (&chs)[3], uint64_t sector) {
    uint64_t cylinder = sector / (255 * 63);
    uint64_t head = sector / 63 % 255;
    uint64_t number = sector % 63 + 1;
    if (cylinder > 1023) {
        cylinder = 1023;
        head = 254;
        number = 63;
    }
    chs[0] = static_cast<unsigned char>(head);
    chs[1] = static_cast<unsigned char>(number | (cylinder >> 8 << 6));
    chs[2] = static_cast<unsigned char>(cylinder);
}

std::string protective_mbr(uint64_t sectors) {
    Mbr mbr;
    MbrEntry& entry = mbr.entries[0];
    entry.type = 0xee;
    entry.first_chs[1] = 2; // sector 1 as CHS, as the specification has it
    std::ranges::fill(entry.last_chs, static_cast<unsigned char>(0xff));
    entry.first = 1;
    entry.count = static_cast<uint32_t>(std::min<uint64_t>(sectors - 1, UINT32_MAX));
    return bytes_of(mbr);
}

GptEntry entry_of(const GptPartition& partition, uint64_t first, uint64_t size) {
    GptEntry entry;
    if (partition.name.size() > std::size(entry.name))
        throw Error("the partition name '{}' is too long", partition.name);
    entry.type = partition.type;
    entry.id = partition.id;
    entry.first = first / sector_size;
    entry.last = (first + size) / sector_size - 1;
    entry.attributes = partition.attributes;
    for (size_t i = 0; i < partition.name.size(); ++i)
        entry.name[i] = static_cast<unsigned char>(partition.name[i]);
    return entry;
}

std::string header_bytes(GptHeader header, uint64_t self, uint64_t other, uint64_t entries) {
    header.self = self;
    header.other = other;
    header.entries = entries;
    header.crc = crc_of(bytes_of(header).substr(0, header.size));
    return bytes_of(header);
}

} // namespace

uint64_t disk_size_for(uint64_t needed, uint64_t wanted) {
    return aligned(std::max(needed, wanted));
}

Extents make_gpt_disk(const GptDisk& disk) {
    if (disk.partitions.size() > entry_count)
        throw Error("a disk has at most {} partitions", entry_count);
    Extents body; // from the first partition on
    std::string entries;
    uint64_t end = partition_alignment;
    for (const auto& partition : disk.partitions) {
        uint64_t size = aligned(std::max(partition.size, partition.content.size()));
        entries += bytes_of(entry_of(partition, end, size));
        body.add(partition.content);
        end += size;
        body.pad_to(end - partition_alignment);
    }
    entries.resize(entry_count * sizeof(GptEntry));
    uint64_t size = disk_size_for(end + (entry_sectors + 1) * sector_size, disk.size);
    uint64_t last = size / sector_size - 1;

    GptHeader header;
    header.first_usable = 2 + entry_sectors;
    header.last_usable = last - entry_sectors - 1;
    header.disk = disk.id;
    header.entry_count = entry_count;
    header.entry_size = sizeof(GptEntry);
    header.entries_crc = crc_of(entries);

    Extents whole;
    whole.add(protective_mbr(last + 1));
    whole.add(header_bytes(header, 1, last, 2));
    whole.add(entries);
    whole.pad_to(partition_alignment);
    whole.add(body);
    whole.pad_to((last - entry_sectors) * sector_size);
    whole.add(entries);
    whole.add(header_bytes(header, last, 1, last - entry_sectors));
    return whole;
}

Extents make_mbr_disk(const MbrDisk& disk) {
    uint64_t size = disk_size_for(partition_alignment + disk.content.size(), disk.size);
    uint64_t first = partition_alignment / sector_size;
    uint64_t count = aligned(disk.content.size()) / sector_size;
    Mbr mbr;
    if (disk.boot_code.size() > sizeof mbr.code)
        throw Error("the boot code has {} bytes, and an MBR has room for {}", disk.boot_code.size(),
                    sizeof mbr.code);
    if (first + count > UINT32_MAX)
        throw Error("a disk with an MBR has at most 2 TiB");
    std::memcpy(mbr.code, disk.boot_code.data(), disk.boot_code.size());
    mbr.signature = disk.signature;
    MbrEntry& entry = mbr.entries[0];
    entry.status = 0x80;
    entry.type = disk.type;
    set_chs(entry.first_chs, first);
    set_chs(entry.last_chs, first + count - 1);
    entry.first = static_cast<uint32_t>(first);
    entry.count = static_cast<uint32_t>(count);

    Extents whole;
    whole.add(bytes_of(mbr));
    whole.pad_to(partition_alignment);
    whole.add(disk.content);
    whole.pad_to(size);
    return whole;
}

} // namespace coracle
