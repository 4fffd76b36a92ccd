// SPDX-License-Identifier: Apache-2.0
#include "base/on_disk.h"
#include "disk/bytes_of.h"
#include "disk/virtual_disk.h"

namespace coracle {

namespace {

struct Header {
    char magic[4] = {'Q', 'F', 'I', '\xfb'};
    Be<uint32_t> version = 3;
    Be<uint64_t> backing_offset;
    Be<uint32_t> backing_size;
    Be<uint32_t> cluster_bits = 16;
    Be<uint64_t> size;
    Be<uint32_t> encryption;
    Be<uint32_t> l1_entries;
    Be<uint64_t> l1_offset;
    Be<uint64_t> refcount_offset;
    Be<uint32_t> refcount_clusters;
    Be<uint32_t> snapshots;
    Be<uint64_t> snapshots_offset;
    Be<uint64_t> features[3];
    Be<uint32_t> refcount_order = 4; // counts of 16 bits
    Be<uint32_t> header_size = 104;
};
static_assert(sizeof(Header) == 104);

constexpr uint64_t cluster = 64 << 10;
constexpr uint64_t l2_entries = cluster / 8;
constexpr uint64_t block_entries = cluster / 2;
constexpr uint64_t used_once = uint64_t{1} << 63;

uint64_t clusters_for(uint64_t bytes) { return (bytes + cluster - 1) / cluster; }

void put(std::string& table, uint64_t index, uint64_t value) {
    table.replace(index * 8, 8, bytes_of(Be<uint64_t>(value)));
}

} // namespace

void write_qcow2(const VirtualDisk& disk, RandomAccessFile& file) {
    uint64_t size = disk.content.size();
    uint64_t l1_count = (clusters_for(size) + l2_entries - 1) / l2_entries;
    std::string l1(clusters_for(l1_count * 8) * cluster, '\0');
    uint64_t next = 1; // the first cluster holds the header

    // Data first, run by run, then the tables that lead there.
    std::string l2;
    uint64_t l2_index = 0;
    auto flush_l2 = [&] {
        if (l2.empty())
            return;
        file.write_at(next * cluster, l2);
        put(l1, l2_index, next++ * cluster | used_once);
        l2.clear();
    };
    for (const auto& run : disk.content.data_runs(cluster)) {
        uint64_t end = run.offset + run.size;
        for (uint64_t offset = run.offset; offset < end;) {
            if (offset / cluster / l2_entries != l2_index)
                flush_l2();
            l2_index = offset / cluster / l2_entries;
            l2.resize(cluster);
            uint64_t stop = std::min(end, (l2_index + 1) * l2_entries * cluster);
            file.write_at(next * cluster, disk.content.slice(offset, stop - offset));
            for (; offset < stop; offset += cluster)
                put(l2, offset / cluster % l2_entries, next++ * cluster | used_once);
        }
    }
    flush_l2();

    Header header;
    header.size = size;
    header.l1_entries = static_cast<uint32_t>(l1_count);
    header.l1_offset = next * cluster;
    file.write_at(next * cluster, l1);
    next += l1.size() / cluster;

    // The counts count their own clusters too.
    uint64_t blocks = 0;
    uint64_t table_clusters = 0;
    for (uint64_t before = UINT64_MAX; before != blocks + table_clusters;) {
        before = blocks + table_clusters;
        blocks = (next + before + block_entries - 1) / block_entries;
        table_clusters = clusters_for(blocks * 8);
    }
    std::string table(table_clusters * cluster, '\0');
    uint64_t all = next + blocks + table_clusters;
    std::string counts(blocks * cluster, '\0');
    for (uint64_t i = 0; i < all; ++i)
        counts[i * 2 + 1] = 1;
    for (uint64_t i = 0; i < blocks; ++i)
        put(table, i, (next + i) * cluster);
    file.write_at(next * cluster, counts);
    file.write_at((next + blocks) * cluster, table);
    header.refcount_offset = (next + blocks) * cluster;
    header.refcount_clusters = static_cast<uint32_t>(table_clusters);
    file.write_at(0, bytes_of(header));
    file.resize(all * cluster);
}

} // namespace coracle
