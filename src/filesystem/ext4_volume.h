// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "archive/tree.h"
#include "base/on_disk.h"

namespace coracle {

/// The head of a name in a directory's block (ext4_dir_entry_2).
struct Ext4Record {
    Le<uint32_t> inode;
    Le<uint16_t> size;
    unsigned char name_size = 0;
    unsigned char type = 0;
};
static_assert(sizeof(Ext4Record) == 8);

/// How an ext4 is laid out.
struct Ext4Layout {
    uint64_t blocks; ///< of 4096 bytes
    uint64_t inodes;
    std::array<unsigned char, 16> uuid;
    int64_t time;
    std::string label;
};

/// An ext4 under construction, through libext2fs. The caller gives inodes their numbers, from
/// `first_inode` on without gaps.
class Ext4Volume {
public:
    static constexpr uint32_t root_inode = 2;
    static constexpr uint32_t first_inode = 11;

    Ext4Volume(int fd, const Ext4Layout& layout);
    ~Ext4Volume();

    void add_inode(uint32_t number, const TreeNode& node, uint32_t links);
    /// The content of a regular file.
    void write_content(uint32_t number, const TreeNode& node);
    /// Blocks of a directory.
    void write_listing(uint32_t number, std::string blocks);
    void write_link(uint32_t number, const std::string& text);
    void write_xattrs(uint32_t number, const std::map<std::string, std::string>& xattrs);
    void finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The bytes that an ext4 needs for so many blocks of content and so many inodes.
uint64_t ext4_size_for(uint64_t blocks, uint64_t inodes);

} // namespace coracle
