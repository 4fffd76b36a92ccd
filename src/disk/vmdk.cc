// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include <zlib.h>

#include "base/error.h"
#include "base/on_disk.h"
#include "disk/bytes_of.h"
#include "disk/virtual_disk.h"

namespace coracle {

namespace {

constexpr uint64_t sector = 512;
constexpr uint64_t grain = 64 << 10;
constexpr uint64_t table_entries = 512;
constexpr uint64_t overhead = 128; // sectors before the first grain
constexpr uint64_t descriptor_sectors = 20;
constexpr uint64_t at_end = UINT64_MAX;

#pragma pack(push, 1)
struct Header {
    char magic[4] = {'K', 'D', 'M', 'V'};
    Le<uint32_t> version = 3;
    Le<uint32_t> flags = 0x00030001; // line ends can be tested; compressed; with markers
    Le<uint64_t> capacity;           // this and what follows: in sectors
    Le<uint64_t> grain_size = grain / sector;
    Le<uint64_t> descriptor_offset = 1;
    Le<uint64_t> descriptor_size = descriptor_sectors;
    Le<uint32_t> entries_per_table = table_entries;
    Le<uint64_t> redundant_offset;
    Le<uint64_t> directory_offset = at_end;
    Le<uint64_t> overhead_sectors = overhead;
    char unclean = 0;
    char line_ends[4] = {'\n', ' ', '\r', '\n'};
    Le<uint16_t> compression = 1; // deflate
    char rest[433] = {};
};
#pragma pack(pop)
static_assert(sizeof(Header) == sector);

struct Marker {
    Le<uint64_t> sectors;
    Le<uint32_t> size;
    Le<uint32_t> type;
    char rest[496] = {};
};
static_assert(sizeof(Marker) == sector);

enum MarkerType : uint32_t { end_of_stream, grain_table, grain_directory, footer };

std::string descriptor(const VirtualDisk& disk, const std::string& name) {
    std::string file = name.substr(name.rfind('/') + 1);
    std::erase(file, '"');
    uint64_t sectors = disk.content.size() / sector;
    return fmt::format("# Disk DescriptorFile\n"
                       "version=1\n"
                       "CID={:08x}\n"
                       "parentCID=ffffffff\n"
                       "createType=\"streamOptimized\"\n"
                       "\n"
                       "# Extent description\n"
                       "RW {} SPARSE \"{}\"\n"
                       "\n"
                       "# The Disk Data Base\n"
                       "#DDB\n"
                       "\n"
                       "ddb.virtualHWVersion = \"4\"\n"
                       "ddb.geometry.cylinders = \"{}\"\n"
                       "ddb.geometry.heads = \"255\"\n"
                       "ddb.geometry.sectors = \"63\"\n"
                       "ddb.adapterType = \"lsilogic\"\n",
                       derive_number("vmdk " + disk.identity) & 0xfffffffe, sectors, file,
                       std::max<uint64_t>(sectors / (255 * 63), 1));
}

/// A grain with its marker, padded to sectors; "" where all is zero.
std::string pack_grain(const Extents& content, uint64_t offset) {
    std::string raw(grain, '\0');
    content.read_at(offset, raw);
    if (is_zero(raw))
        return "";
    uLongf size = ::compressBound(grain);
    constexpr size_t head = 12;
    std::string packed(head + size, '\0');
    if (::compress2(reinterpret_cast<Bytef*>(packed.data() + head), &size,
                    reinterpret_cast<const Bytef*>(raw.data()), raw.size(),
                    Z_DEFAULT_COMPRESSION) != Z_OK)
        throw Error("cannot compress a part of the disk");
    packed.resize((head + size + sector - 1) / sector * sector);
    // What lies behind the compressed bytes is to be zero, not what deflate has left there.
    std::fill(packed.begin() + static_cast<std::ptrdiff_t>(head + size), packed.end(), '\0');
    packed.replace(0, 8, bytes_of(Le<uint64_t>(offset / sector)));
    packed.replace(8, 4, bytes_of(Le<uint32_t>(static_cast<uint32_t>(size))));
    return packed;
}

class Writer {
public:
    Writer(const VirtualDisk& disk, ThreadPool& pool, RandomAccessFile& file)
        : disk_(disk), pool_(pool), file_(file) {}
    void write(const std::string& name);

private:
    void append(std::string_view bytes) {
        file_.write_at(at_, bytes);
        at_ += (bytes.size() + sector - 1) / sector * sector;
    }
    void append_marker(MarkerType type, uint64_t sectors) {
        Marker marker;
        marker.sectors = sectors;
        marker.type = type;
        append(bytes_of(marker));
    }
    /// Writes the grains of one table, and the table where there are any; returns its sector.
    uint32_t write_table(uint64_t from);

    const VirtualDisk& disk_;
    ThreadPool& pool_;
    RandomAccessFile& file_;
    uint64_t at_ = 0;
};

uint32_t Writer::write_table(uint64_t from) {
    if (disk_.content.is_hole(from, table_entries * grain))
        return 0;
    constexpr uint64_t batch = 16;
    std::vector<std::future<std::vector<std::string>>> futures;
    for (uint64_t first = 0; first < table_entries; first += batch)
        futures.push_back(pool_.submit([this, from, first] {
            std::vector<std::string> grains;
            for (uint64_t i = first; i < first + batch; ++i) {
                uint64_t offset = from + i * grain;
                bool empty = disk_.content.is_hole(offset, grain);
                grains.push_back(empty ? "" : pack_grain(disk_.content, offset));
            }
            return grains;
        }));
    std::string table(table_entries * 4, '\0');
    uint64_t index = 0;
    bool used = false;
    for (auto& future : futures)
        for (const auto& bytes : future.get()) {
            if (!bytes.empty()) {
                table.replace(index * 4, 4,
                              bytes_of(Le<uint32_t>(static_cast<uint32_t>(at_ / sector))));
                append(bytes);
                used = true;
            }
            ++index;
        }
    if (!used)
        return 0;
    append_marker(grain_table, table.size() / sector);
    auto place = static_cast<uint32_t>(at_ / sector);
    append(table);
    return place;
}

void Writer::write(const std::string& name) {
    Header header;
    header.capacity = disk_.content.size() / sector;
    append(bytes_of(header));
    append(descriptor(disk_, name));
    at_ = overhead * sector;
    constexpr uint64_t span = table_entries * grain;
    std::string directory;
    for (uint64_t from = 0; from < disk_.content.size(); from += span)
        directory += bytes_of(Le<uint32_t>(write_table(from)));
    directory.resize((directory.size() + sector - 1) / sector * sector);
    append_marker(grain_directory, directory.size() / sector);
    header.directory_offset = at_ / sector;
    append(directory);
    append_marker(footer, 1);
    append(bytes_of(header));
    append_marker(end_of_stream, 0);
    file_.resize(at_);
}

} // namespace

void write_vmdk(const VirtualDisk& disk, const std::string& name, ThreadPool& pool,
                RandomAccessFile& file) {
    Writer(disk, pool, file).write(name);
}

} // namespace coracle
