// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.h"
#include "base/on_disk.h"
#include "disk/bytes_of.h"
#include "disk/virtual_disk.h"

namespace coracle {

namespace {

struct Footer {
    char cookie[8] = {'c', 'o', 'n', 'e', 'c', 't', 'i', 'x'};
    Be<uint32_t> features = 2; // always set
    Be<uint32_t> version = 0x00010000;
    Be<uint64_t> data_offset = UINT64_MAX;
    Be<uint32_t> time;
    char creator[4] = {'w', 'i', 'n', ' '};
    Be<uint32_t> creator_version = 0x000a0000;
    char creator_system[4] = {'W', 'i', '2', 'k'};
    Be<uint64_t> original_size;
    Be<uint64_t> size;
    Be<uint16_t> cylinders;
    unsigned char heads = 0;
    unsigned char sectors = 0;
    Be<uint32_t> type;
    Be<uint32_t> checksum;
    std::array<unsigned char, 16> id{};
    char rest[428] = {};
};
static_assert(sizeof(Footer) == 512);

struct DynamicHeader {
    char cookie[8] = {'c', 'x', 's', 'p', 'a', 'r', 's', 'e'};
    Be<uint64_t> data_offset = UINT64_MAX;
    Be<uint64_t> table_offset;
    Be<uint32_t> version = 0x00010000;
    Be<uint32_t> entries;
    Be<uint32_t> block_size;
    Be<uint32_t> checksum;
    char rest[984] = {};
};
static_assert(sizeof(DynamicHeader) == 1024);

constexpr uint32_t fixed_type = 2;
constexpr uint32_t dynamic_type = 3;
constexpr uint64_t block_size = 2 << 20;
constexpr uint64_t bitmap_size = block_size / 512 / 8;
constexpr uint64_t most = uint64_t{2040} << 30;
constexpr int64_t year_2000 = 946684800;

template <class T>
uint32_t checksum_of(const T& structure) {
    uint32_t sum = 0;
    for (char c : bytes_of(structure))
        sum += static_cast<unsigned char>(c);
    return ~sum;
}

/// With "win " as its creator all programs take the size from its field; by others, some would take
/// it from the geometry, which knows only certain sizes.
Footer make_footer(const VirtualDisk& disk, uint32_t type) {
    uint64_t size = disk.content.size();
    if (size > most)
        throw Error("a VHD has at most 2040 GiB").hint("the format vhdx");
    DiskGeometry geometry = disk_geometry(size);
    Footer footer;
    if (type == dynamic_type)
        footer.data_offset = sizeof(Footer);
    footer.time = static_cast<uint32_t>(std::max<int64_t>(disk.time - year_2000, 0));
    footer.original_size = size;
    footer.size = size;
    footer.cylinders = static_cast<uint16_t>(geometry.cylinders);
    footer.heads = static_cast<unsigned char>(geometry.heads);
    footer.sectors = static_cast<unsigned char>(geometry.sectors);
    footer.type = type;
    footer.id = Guid::derive("vhd " + disk.identity).in_order();
    footer.checksum = checksum_of(footer);
    return footer;
}

} // namespace

DiskGeometry disk_geometry(uint64_t bytes) {
    // The calculation of the specification's appendix.
    uint64_t total = std::min<uint64_t>(bytes / 512, 65535 * 16 * 255);
    if (total >= 65535 * 16 * 63)
        return {static_cast<uint32_t>(total / 255 / 16), 16, 255};
    uint64_t sectors = 17;
    uint64_t rest = total / sectors;
    uint64_t heads = std::max<uint64_t>((rest + 1023) / 1024, 4);
    if (rest >= heads * 1024 || heads > 16) {
        sectors = 31;
        heads = 16;
        rest = total / sectors;
    }
    if (rest >= heads * 1024) {
        sectors = 63;
        heads = 16;
        rest = total / sectors;
    }
    return {static_cast<uint32_t>(rest / heads), static_cast<uint32_t>(heads),
            static_cast<uint32_t>(sectors)};
}

void write_fixed_vhd(const VirtualDisk& disk, RandomAccessFile& file) {
    file.write_at(0, disk.content);
    file.write_at(disk.content.size(), bytes_of(make_footer(disk, fixed_type)));
}

void write_dynamic_vhd(const VirtualDisk& disk, RandomAccessFile& file) {
    Footer footer = make_footer(disk, dynamic_type);
    uint64_t blocks = (disk.content.size() + block_size - 1) / block_size;
    uint64_t table_offset = sizeof(Footer) + sizeof(DynamicHeader);
    DynamicHeader header;
    header.table_offset = table_offset;
    header.entries = static_cast<uint32_t>(blocks);
    header.block_size = block_size;
    header.checksum = checksum_of(header);

    std::string table((blocks * 4 + 511) / 512 * 512, '\xff');
    uint64_t at = table_offset + table.size();
    for (const auto& run : disk.content.data_runs(block_size))
        for (uint64_t block = run.offset / block_size; block * block_size < run.offset + run.size;
             ++block) {
            Be<uint32_t> sector = static_cast<uint32_t>(at / 512);
            table.replace(block * 4, 4, bytes_of(sector));
            file.write_at(at, std::string(bitmap_size, '\xff'));
            file.write_at(at + bitmap_size, disk.content.slice(block * block_size, block_size));
            at += bitmap_size + block_size;
        }
    file.write_at(0, bytes_of(footer));
    file.write_at(sizeof footer, bytes_of(header));
    file.write_at(table_offset, table);
    file.write_at(at, bytes_of(footer));
}

} // namespace coracle
