// SPDX-License-Identifier: Apache-2.0
#include <isa-l/crc.h>

#include "base/error.h"
#include "base/on_disk.h"
#include "disk/bytes_of.h"
#include "disk/virtual_disk.h"

namespace coracle {

namespace {

constexpr uint64_t kibi = 1 << 10;
constexpr uint64_t mebi = 1 << 20;
constexpr uint64_t block_size = 8 * mebi;
constexpr uint64_t sector = 512;
/// After so many blocks, the table has an entry for a bitmap, which only disks with parents use.
constexpr uint64_t chunk_ratio = (uint64_t{1} << 23) * sector / block_size;
constexpr uint64_t log_offset = 1 * mebi;
constexpr uint64_t metadata_offset = 2 * mebi;
constexpr uint64_t table_offset = 3 * mebi;
constexpr uint64_t present = 6;
constexpr uint64_t most = uint64_t{64} << 40;

struct Header {
    char signature[4] = {'h', 'e', 'a', 'd'};
    Le<uint32_t> checksum;
    Le<uint64_t> sequence;
    Guid file_write;
    Guid data_write;
    Guid log;
    Le<uint16_t> log_version;
    Le<uint16_t> version = 1;
    Le<uint32_t> log_length = mebi;
    Le<uint64_t> log_at = log_offset;
    char rest[4016] = {};
};
static_assert(sizeof(Header) == 4 * kibi);

struct Region {
    Guid id;
    Le<uint64_t> offset;
    Le<uint32_t> length;
    Le<uint32_t> required = 1;
};
struct RegionTable {
    char signature[4] = {'r', 'e', 'g', 'i'};
    Le<uint32_t> checksum;
    Le<uint32_t> entries = 2;
    Le<uint32_t> reserved;
    Region regions[2];
    char rest[64 * kibi - 16 - 2 * 32] = {};
};
static_assert(sizeof(RegionTable) == 64 * kibi);

struct Item {
    Guid id;
    Le<uint32_t> offset;
    Le<uint32_t> length;
    Le<uint32_t> flags;
    Le<uint32_t> reserved;
};
static_assert(sizeof(Item) == 32);

uint32_t crc32c(std::string bytes) {
    auto* data = reinterpret_cast<unsigned char*>(bytes.data());
    return ~::crc32_iscsi(data, static_cast<int>(bytes.size()), ~0U);
}

template <class T>
std::string sealed(T structure) {
    structure.checksum = crc32c(bytes_of(structure));
    return bytes_of(structure);
}

std::string metadata(const VirtualDisk& disk) {
    constexpr uint32_t required = 4;
    constexpr uint32_t of_disk = 2;
    std::string values;
    std::string table = "metadata";
    table += bytes_of(Le<uint16_t>()) + bytes_of(Le<uint16_t>(5));
    table.resize(32);
    auto add = [&](const char* id, const std::string& value, uint32_t flags) {
        Item item;
        item.id = Guid::parse(id);
        item.offset = static_cast<uint32_t>(64 * kibi + values.size());
        item.length = static_cast<uint32_t>(value.size());
        item.flags = flags;
        table += bytes_of(item);
        values += value;
    };
    add("caa16737-fa36-4d43-b3b6-33f0aa44e76b",
        bytes_of(Le<uint32_t>(static_cast<uint32_t>(block_size))) + bytes_of(Le<uint32_t>()),
        required);
    add("2fa54224-cd1b-4876-b211-5dbed83bf4b8", bytes_of(Le<uint64_t>(disk.content.size())),
        required | of_disk);
    add("beca12ab-b2e6-4523-93ef-c309e000c746", bytes_of(Guid::derive("vhdx " + disk.identity)),
        required | of_disk);
    for (const char* id :
         {"8141bf1d-a96f-4709-ba47-f233a8faab5f", "cda348c7-445d-4471-9cc9-e9885251c556"})
        add(id, bytes_of(Le<uint32_t>(static_cast<uint32_t>(sector))), required | of_disk);
    table.resize(64 * kibi);
    return table + values;
}

} // namespace

void write_vhdx(const VirtualDisk& disk, RandomAccessFile& file) {
    uint64_t size = disk.content.size();
    if (size > most)
        throw Error("a VHDX has at most 64 TiB");
    uint64_t blocks = (size + block_size - 1) / block_size;
    uint64_t entries = blocks + (blocks - 1) / chunk_ratio;
    uint64_t table_size = (entries * 8 + mebi - 1) / mebi * mebi;
    std::string table(entries * 8, '\0');
    uint64_t at = table_offset + table_size;
    for (const auto& run : disk.content.data_runs(block_size)) {
        file.write_at(at, disk.content.slice(run.offset, run.size));
        for (uint64_t offset = run.offset; offset < run.offset + run.size; offset += block_size) {
            uint64_t block = offset / block_size;
            table.replace((block + block / chunk_ratio) * 8, 8,
                          bytes_of(Le<uint64_t>(at | present)));
            at += block_size;
        }
    }
    std::string identifier = "vhdxfile";
    for (char c : std::string_view("Coracle"))
        identifier += std::string{c, '\0'};
    file.write_at(0, identifier);
    for (uint64_t number : {1, 2}) {
        Header header;
        header.sequence = number;
        header.file_write = Guid::derive("vhdx file " + disk.identity);
        header.data_write = Guid::derive("vhdx data " + disk.identity);
        file.write_at(number * 64 * kibi, sealed(header));
    }
    RegionTable regions;
    regions.regions[0] = {Guid::parse("2dc27766-f623-4200-9d64-115e9bfd4a08"), table_offset,
                          static_cast<uint32_t>(table_size)};
    regions.regions[1] = {Guid::parse("8b7ca206-4790-4b9a-b8fe-575f050f886e"), metadata_offset,
                          static_cast<uint32_t>(mebi)};
    for (uint64_t offset : {192 * kibi, 256 * kibi})
        file.write_at(offset, sealed(regions));
    file.write_at(metadata_offset, metadata(disk));
    file.write_at(table_offset, table);
    file.resize(at);
}

} // namespace coracle
