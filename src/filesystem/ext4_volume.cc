// SPDX-License-Identifier: Apache-2.0
#include "filesystem/ext4_volume.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include <ext2fs/ext2fs.h>
#include <unistd.h>

#include "base/error.h"
#include "filesystem/image.h"

namespace coracle {

namespace {

constexpr unsigned block_size = 4096;
constexpr unsigned inode_size = 256;
constexpr uint64_t blocks_per_group = 8 * block_size;

void check(errcode_t status, const char* what) {
    if (status == EXT2_ET_BLOCK_ALLOC_FAIL)
        throw Error("cannot {} of the ext4: there is no room", what);
    if (status != 0)
        throw Error("cannot {} of the ext4: {}", what, error_message(status));
}

uint64_t journal_blocks(uint64_t blocks) {
    return static_cast<uint64_t>(std::max(ext2fs_default_journal_size(blocks), 1024));
}

ext2_super_block parameters(const Ext4Layout& layout) {
    ext2_super_block super{};
    ext2fs_blocks_count_set(&super, layout.blocks);
    super.s_rev_level = EXT2_DYNAMIC_REV;
    super.s_log_block_size = 2;
    super.s_log_cluster_size = 2;
    super.s_inode_size = inode_size;
    super.s_inodes_count = static_cast<__u32>(layout.inodes);
    super.s_feature_compat = EXT2_FEATURE_COMPAT_EXT_ATTR | EXT2_FEATURE_COMPAT_DIR_INDEX;
    super.s_feature_incompat = EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_EXTENTS |
                               EXT4_FEATURE_INCOMPAT_64BIT | EXT4_FEATURE_INCOMPAT_FLEX_BG;
    super.s_feature_ro_compat =
        EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE |
        EXT4_FEATURE_RO_COMPAT_HUGE_FILE | EXT4_FEATURE_RO_COMPAT_DIR_NLINK |
        EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE | EXT4_FEATURE_RO_COMPAT_METADATA_CSUM;
    super.s_log_groups_per_flex = 4;
    super.s_desc_size = 64;
    return super;
}

} // namespace

uint64_t ext4_size_for(uint64_t blocks, uint64_t inodes) {
    uint64_t tables = inodes * inode_size / block_size + 16;
    uint64_t total = blocks + tables + 1024;
    // Journal, bitmaps, descriptors and the copies of these depend on the whole.
    for (int i = 0; i < 3; ++i) {
        uint64_t groups = total / blocks_per_group + 1;
        uint64_t descriptors = groups * 64 / block_size + 2;
        uint64_t copies = 3;
        for (uint64_t power : {3, 5, 7})
            for (uint64_t group = power; group < groups; group *= power)
                ++copies;
        total =
            blocks + tables + groups * 4 + copies * (descriptors + 1) + journal_blocks(total) + 64;
    }
    // A last group that is too small for its own tables would be left out.
    if (total % blocks_per_group < 1024)
        total += 1024;
    return total * block_size;
}

struct Ext4Volume::State {
    ext2_filsys fs = nullptr;
    int fd = -1;
    ~State() {
        if (fs != nullptr)
            ext2fs_free(fs);
    }
    void prepare(const Ext4Layout& layout);
    void reserve_inodes();
    std::vector<ext2fs_extent> allocate(uint32_t inode, uint64_t blocks);
    ext2_inode_large read(uint32_t inode);
    void write(uint32_t inode, ext2_inode_large& what);
};

Ext4Volume::Ext4Volume(int fd, const Ext4Layout& layout) : state_(std::make_unique<State>()) {
    state_->fd = fd;
    if (::ftruncate(fd, static_cast<off_t>(layout.blocks * block_size)) != 0)
        throw Error::system(errno, "make room for the ext4");
    auto super = parameters(layout);
    check(ext2fs_initialize(fmt::format("/proc/self/fd/{}", fd).c_str(), EXT2_FLAG_64BITS, &super,
                            unix_io_manager, &state_->fs),
          "make the header");
    state_->prepare(layout);
}

Ext4Volume::~Ext4Volume() = default;

void Ext4Volume::State::prepare(const Ext4Layout& layout) {
    auto& super = *fs->super;
    // The library asks the clock where this is 0.
    fs->now = static_cast<time_t>(std::max<int64_t>(layout.time, 1));
    super.s_mkfs_time = super.s_lastcheck = static_cast<__u32>(fs->now);
    super.s_wtime = super.s_mkfs_time;
    std::copy(layout.uuid.begin(), layout.uuid.end(), super.s_uuid);
    std::memcpy(super.s_hash_seed, layout.uuid.data(), sizeof super.s_hash_seed);
    super.s_def_hash_version = EXT2_HASH_HALF_MD4;
    // The library would take the one of this machine's `char`.
    super.s_flags = EXT2_FLAGS_SIGNED_HASH;
    super.s_max_mnt_count = -1;
    super.s_min_extra_isize = super.s_want_extra_isize = 32;
    std::memcpy(super.s_volume_name, layout.label.data(),
                std::min(layout.label.size(), sizeof super.s_volume_name));
    super.s_checksum_type = EXT2_CRC32C_CHKSUM;
    ext2fs_init_csum_seed(fs);
    check(ext2fs_allocate_tables(fs), "make the tables");
    // The file was empty: its inodes are zeros, and no kernel has to see to it.
    for (dgrp_t group = 0; group < fs->group_desc_count; ++group)
        ext2fs_bg_flags_set(fs, group, EXT2_BG_INODE_ZEROED);
    reserve_inodes();
    ext2fs_journal_params journal{};
    journal.num_journal_blocks = static_cast<blk_t>(journal_blocks(layout.blocks));
    check(ext2fs_add_journal_inode3(fs, &journal, ~blk64_t{0}, 0), "make the journal");
}

void Ext4Volume::State::reserve_inodes() {
    for (ext2_ino_t inode = 1; inode < EXT2_GOOD_OLD_FIRST_INO; ++inode)
        ext2fs_inode_alloc_stats2(fs, inode, +1, 0);
    // As the library does by itself for the root only.
    ext2fs_inode_alloc_stats2(fs, EXT2_ROOT_INO, -1, 0);
    ext2_inode none{};
    for (ext2_ino_t inode = 1; inode < EXT2_GOOD_OLD_FIRST_INO; ++inode)
        if (inode != EXT2_ROOT_INO)
            check(ext2fs_write_inode(fs, inode, &none), "write an inode");
}

ext2_inode_large Ext4Volume::State::read(uint32_t inode) {
    ext2_inode_large what{};
    check(ext2fs_read_inode_full(fs, inode, reinterpret_cast<ext2_inode*>(&what), sizeof what),
          "read an inode");
    return what;
}

void Ext4Volume::State::write(uint32_t inode, ext2_inode_large& what) {
    check(ext2fs_write_inode_full(fs, inode, reinterpret_cast<ext2_inode*>(&what), sizeof what),
          "write an inode");
}

/// Gives an inode blocks from its begin on, in as few extents as can be.
std::vector<ext2fs_extent> Ext4Volume::State::allocate(uint32_t inode, uint64_t blocks) {
    std::vector<ext2fs_extent> extents;
    if (blocks == 0)
        return extents;
    check(ext2fs_fallocate(fs, EXT2_FALLOCATE_FORCE_INIT, inode, nullptr, ~blk64_t{0}, 0, blocks),
          "find room in a file");
    ext2_extent_handle_t handle = nullptr;
    check(ext2fs_extent_open(fs, inode, &handle), "read the extents");
    ext2fs_extent extent;
    errcode_t status = ext2fs_extent_get(handle, EXT2_EXTENT_ROOT, &extent);
    for (; status == 0; status = ext2fs_extent_get(handle, EXT2_EXTENT_NEXT, &extent))
        if ((extent.e_flags & EXT2_EXTENT_FLAGS_LEAF) != 0)
            extents.push_back(extent);
    ext2fs_extent_free(handle);
    if (status != EXT2_ET_EXTENT_NO_NEXT)
        check(status, "read the extents");
    return extents;
}

void Ext4Volume::add_inode(uint32_t number, const TreeNode& node, uint32_t links) {
    auto* fs = state_->fs;
    ext2fs_inode_alloc_stats2(fs, number, +1, node.is_directory() ? 1 : 0);
    ext2_inode_large inode{};
    inode.i_extra_isize = 32;
    inode.i_mode = mode_of(node);
    inode.i_uid = static_cast<__u16>(node.uid);
    inode.i_uid_high = static_cast<__u16>(node.uid >> 16);
    inode.i_gid = static_cast<__u16>(node.gid);
    inode.i_gid_high = static_cast<__u16>(node.gid >> 16);
    // Seconds in 34 bits, the upper two in the field of the nanoseconds.
    auto time = static_cast<uint64_t>(std::clamp<int64_t>(node.mtime, INT32_MIN, 0x37fffffff));
    auto low = static_cast<__u32>(time);
    auto high =
        static_cast<__u32>(((static_cast<int64_t>(time) - static_cast<int32_t>(low)) >> 32) & 3);
    inode.i_atime = inode.i_ctime = inode.i_mtime = inode.i_crtime = low;
    inode.i_atime_extra = inode.i_ctime_extra = inode.i_mtime_extra = inode.i_crtime_extra = high;
    // Directories with more subdirectories than fit have one link (feature dir_nlink).
    inode.i_links_count = static_cast<__u16>(links > 65000 && node.is_directory() ? 1 : links);
    if (links > 65000 && !node.is_directory())
        throw Error("a file has {} names: an ext4 holds 65000", links);
    inode.i_size = static_cast<__u32>(node.size);
    inode.i_size_high = static_cast<__u32>(node.size >> 32);
    if (node.type == EntryType::regular || node.is_directory()) {
        inode.i_flags = EXT4_EXTENTS_FL;
        ext3_extent_header header{};
        header.eh_magic = EXT3_EXT_MAGIC;
        header.eh_max = 4;
        std::memcpy(inode.i_block, &header, sizeof header);
    } else if (node.type == EntryType::character || node.type == EntryType::block) {
        inode.i_block[1] = encode_device(node.device_major, node.device_minor);
    }
    state_->write(number, inode);
}

void Ext4Volume::write_content(uint32_t number, const TreeNode& node) {
    uint64_t blocks = (node.size + block_size - 1) / block_size;
    for (const auto& extent : state_->allocate(number, blocks)) {
        uint64_t begin = extent.e_lblk * block_size;
        uint64_t size = std::min<uint64_t>(extent.e_len * uint64_t{block_size}, node.size - begin);
        auto from = static_cast<off_t>(node.content_offset + begin);
        auto to = static_cast<off_t>(extent.e_pblk * block_size);
        copy_range(node.content_fd, from, state_->fd, to, size);
    }
}

void Ext4Volume::write_listing(uint32_t number, std::string blocks) {
    auto* fs = state_->fs;
    auto inode = state_->read(number);
    inode.i_size = static_cast<__u32>(blocks.size());
    state_->write(number, inode);
    for (const auto& extent : state_->allocate(number, blocks.size() / block_size))
        for (uint64_t i = 0; i < extent.e_len; ++i) {
            char* block = blocks.data() + (extent.e_lblk + i) * block_size;
            ext2fs_initialize_dirent_tail(fs, EXT2_DIRENT_TAIL(block, block_size));
            check(ext2fs_write_dir_block4(fs, extent.e_pblk + i, block, 0, number),
                  "write a directory");
        }
}

void Ext4Volume::write_link(uint32_t number, const std::string& text) {
    auto inode = state_->read(number);
    if (text.size() < sizeof inode.i_block) {
        std::memcpy(inode.i_block, text.data(), text.size());
        state_->write(number, inode);
        return;
    }
    if (text.size() >= block_size)
        throw Error("the symlink to '{}...' is too long for an ext4", text.substr(0, 40));
    ext3_extent_header header{};
    header.eh_magic = EXT3_EXT_MAGIC;
    header.eh_max = 4;
    std::memcpy(inode.i_block, &header, sizeof header);
    inode.i_flags |= EXT4_EXTENTS_FL;
    state_->write(number, inode);
    std::string block = text;
    block.resize(block_size, '\0');
    auto extents = state_->allocate(number, 1);
    check(io_channel_write_blk64(state_->fs->io, extents.at(0).e_pblk, 1, block.data()),
          "write a symlink");
}

void Ext4Volume::write_xattrs(uint32_t number, const std::map<std::string, std::string>& xattrs) {
    if (xattrs.empty())
        return;
    ext2_xattr_handle* handle = nullptr;
    check(ext2fs_xattrs_open(state_->fs, number, &handle), "begin attributes");
    errcode_t status = 0;
    for (const auto& [name, value] : xattrs)
        if (status == 0)
            status = ext2fs_xattr_set(handle, name.c_str(), value.data(), value.size());
    ext2fs_xattrs_close(&handle);
    check(status, "write attributes");
}

void Ext4Volume::finish() {
    auto* fs = state_->fs;
    fs->super->s_state |= EXT2_VALID_FS;
    check(ext2fs_set_gdt_csum(fs), "write the groups");
    check(ext2fs_close2(fs, EXT2_FLAG_FLUSH_NO_SYNC), "write the end");
    ext2fs_free(std::exchange(state_->fs, nullptr));
}

} // namespace coracle
