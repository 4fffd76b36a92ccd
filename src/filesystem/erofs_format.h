// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/on_disk.h"

/// EROFS on disk, see Linux fs/erofs/erofs_fs.h and Documentation/filesystems/erofs.rst.
namespace coracle::erofs {

constexpr uint32_t magic = 0xe0f5e1e2;
constexpr uint64_t super_offset = 1024;
constexpr unsigned block_bits = 12;
constexpr uint64_t block_size = 1 << block_bits;
/// Inodes lie at multiples of this; a number of an inode (nid) counts them.
constexpr uint64_t slot_size = 32;

constexpr uint32_t compat_checksum = 1;
constexpr uint32_t compat_mtime = 2;
constexpr uint32_t incompat_zero_padding = 1; ///< compressed data ends with its cluster
constexpr uint32_t incompat_big_cluster = 2;  ///< clusters of more than one block; configurations

struct SuperBlock {
    Le<uint32_t> magic;
    Le<uint32_t> checksum; ///< CRC-32C from here to the end of the block, this field 0
    Le<uint32_t> compat;
    unsigned char block_bits = erofs::block_bits;
    unsigned char extra_slots = 0;
    Le<uint16_t> root_nid;
    Le<uint64_t> inodes;
    Le<uint64_t> time;
    Le<uint32_t> time_nsec;
    Le<uint32_t> blocks;
    Le<uint32_t> meta_block;
    Le<uint32_t> xattr_block;
    unsigned char uuid[16] = {};
    char volume_name[16] = {};
    Le<uint32_t> incompat;
    Le<uint16_t> algorithms; ///< bit 0: LZ4
    Le<uint16_t> extra_devices;
    Le<uint16_t> device_slot;
    unsigned char directory_bits = 0;
    unsigned char prefix_count = 0;
    Le<uint32_t> prefix_start;
    Le<uint64_t> packed_nid;
    unsigned char reserved[24] = {};
};
static_assert(sizeof(SuperBlock) == 128);

/// Follows the super block where clusters are big.
struct Lz4Configuration {
    Le<uint16_t> size = 14;
    Le<uint16_t> max_distance;
    Le<uint16_t> max_cluster_blocks;
    unsigned char reserved[10] = {};
};
static_assert(sizeof(Lz4Configuration) == 16);

enum class Layout : uint16_t {
    plain = 0,      ///< all in blocks
    compressed = 1, ///< with an index entry of 8 bytes for each 4096 bytes
    tail = 2,       ///< what does not fill a block follows the inode
};

/// i_format of an extended inode.
constexpr uint16_t inode_format(Layout layout) {
    return static_cast<uint16_t>(1 | static_cast<unsigned>(layout) << 1);
}

struct Inode {
    Le<uint16_t> format;
    Le<uint16_t> xattr_count;
    Le<uint16_t> mode;
    Le<uint16_t> reserved;
    Le<uint64_t> size;
    Le<uint32_t> where; ///< first block, number of compressed blocks, or device
    Le<uint32_t> number;
    Le<uint32_t> uid;
    Le<uint32_t> gid;
    Le<uint64_t> mtime;
    Le<uint32_t> mtime_nsec;
    Le<uint32_t> links;
    unsigned char reserved2[16] = {};
};
static_assert(sizeof(Inode) == 64);

struct XattrHeader {
    Le<uint32_t> reserved;
    unsigned char shared_count = 0;
    unsigned char reserved2[7] = {};
};
static_assert(sizeof(XattrHeader) == 12);

struct XattrEntry {
    unsigned char name_size = 0;
    unsigned char name_index = 0;
    Le<uint16_t> value_size;
};
static_assert(sizeof(XattrEntry) == 4);

struct DirectoryEntry {
    Le<uint64_t> nid;
    Le<uint16_t> name_offset;
    unsigned char type = 0;
    unsigned char reserved = 0;
};
static_assert(sizeof(DirectoryEntry) == 12);

/// Stands before the index of compressed data, aligned to 8 bytes, followed by 8 zero bytes.
struct MapHeader {
    Le<uint32_t> reserved;
    Le<uint16_t> advise; ///< big_cluster_advice
    unsigned char algorithm = 0;
    unsigned char cluster_bits = 0;
    unsigned char padding[8] = {};
};
static_assert(sizeof(MapHeader) == 16);
constexpr uint16_t big_cluster_advice = 2;

/// What is at one logical block of 4096 bytes of compressed data.
struct IndexEntry {
    Le<uint16_t> type;
    Le<uint16_t> offset; ///< where in the block the new cluster begins
    Le<uint16_t> low;    ///< head: its first block; else: how far back the head is,
    Le<uint16_t> high;   ///< and how far the next one
};
static_assert(sizeof(IndexEntry) == 8);
enum class IndexType : uint16_t { stored = 0, head = 1, inside = 2 };
/// In `low` of the first entry after a head: the number of the cluster's blocks.
constexpr uint16_t block_count_flag = 1 << 11;

} // namespace coracle::erofs
