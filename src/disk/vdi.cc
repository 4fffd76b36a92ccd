// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/on_disk.h"
#include "disk/bytes_of.h"
#include "disk/virtual_disk.h"

namespace coracle {

namespace {

struct Header {
    char text[64] = "<<< Oracle VM VirtualBox Disk Image >>>\n";
    Le<uint32_t> signature = 0xbeda107f;
    Le<uint32_t> version = 0x00010001;
    Le<uint32_t> header_size = 400;
    Le<uint32_t> type = 1; // dynamic
    Le<uint32_t> flags;
    char description[256] = {};
    Le<uint32_t> map_offset = 512;
    Le<uint32_t> data_offset;
    Le<uint32_t> geometry[3]; // none: VirtualBox chooses
    Le<uint32_t> sector = 512;
    Le<uint32_t> unused;
    Le<uint64_t> size;
    Le<uint32_t> block;
    Le<uint32_t> block_extra;
    Le<uint32_t> blocks;
    Le<uint32_t> allocated;
    Guid id;
    Guid snapshot;
    Guid link;
    Guid parent;
    char rest[56] = {};
};
static_assert(sizeof(Header) == 512);

constexpr uint64_t block_size = 1 << 20;

} // namespace

void write_vdi(const VirtualDisk& disk, RandomAccessFile& file) {
    uint64_t blocks = (disk.content.size() + block_size - 1) / block_size;
    if (blocks > UINT32_MAX / 4)
        throw Error("a VDI of this kind has at most 1 PiB");
    std::string map(blocks * 4, '\xff');
    Header header;
    uint64_t data = (sizeof header + map.size() + block_size - 1) / block_size * block_size;
    uint32_t next = 0;
    for (const auto& run : disk.content.data_runs(block_size)) {
        file.write_at(data + next * block_size, disk.content.slice(run.offset, run.size));
        for (uint64_t at = run.offset; at < run.offset + run.size; at += block_size)
            map.replace(at / block_size * 4, 4, bytes_of(Le<uint32_t>(next++)));
    }
    header.data_offset = static_cast<uint32_t>(data);
    header.size = disk.content.size();
    header.block = block_size;
    header.blocks = static_cast<uint32_t>(blocks);
    header.allocated = next;
    header.id = Guid::derive("vdi " + disk.identity);
    header.snapshot = Guid::derive("vdi modification " + disk.identity);
    file.write_at(0, bytes_of(header));
    file.write_at(sizeof header, map);
    file.resize(data + next * block_size);
}

} // namespace coracle
