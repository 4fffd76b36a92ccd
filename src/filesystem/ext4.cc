// SPDX-License-Identifier: Apache-2.0
#include "filesystem/ext4.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "filesystem/ext4_volume.h"

namespace coracle {

namespace {

constexpr uint64_t block_size = 4096;
constexpr size_t tail_size = 12; ///< a checksum ends each block of a directory
constexpr uint64_t mib = 1 << 20;

constexpr uint64_t round_up(uint64_t value, uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

struct Name {
    std::string_view name;
    uint32_t inode;
    EntryType type;
};

size_t record_size(std::string_view name) { return round_up(8 + name.size(), 4); }

/// A directory's blocks, each with room for its checksum at the end.
std::string encode_names(const std::vector<Name>& names) {
    std::string text;
    size_t last = 0; // where the last record begins
    auto close = [&] {
        size_t end = round_up(text.size(), block_size) - tail_size;
        Ext4Record record;
        std::memcpy(&record, text.data() + last, sizeof record);
        record.size = static_cast<uint16_t>(end - last);
        std::memcpy(text.data() + last, &record, sizeof record);
        text.resize(end + tail_size, '\0');
    };
    for (const auto& [name, inode, type] : names) {
        size_t used = text.size() % block_size;
        if (used + record_size(name) > block_size - tail_size && used > 0)
            close();
        last = text.size();
        Ext4Record record;
        record.inode = inode;
        record.size = static_cast<uint16_t>(record_size(name));
        record.name_size = static_cast<unsigned char>(name.size());
        record.type = directory_type(type);
        text.append(reinterpret_cast<const char*>(&record), sizeof record);
        text += name;
        text.append(last + record_size(name) - text.size(), '\0');
    }
    close();
    return text;
}

/// What a tree takes in an ext4, from above.
struct Need {
    uint64_t inodes = 0;
    uint64_t blocks = 0; ///< of content, listings, attributes and extents
};

Need need_of(const Tree& tree, const std::vector<uint32_t>& order) {
    Need need;
    for (uint32_t number : order) {
        const TreeNode& node = tree.at(number);
        ++need.inodes;
        uint64_t size = node.size;
        for (const auto& [name, child] : node.children)
            size += record_size(name);
        // The last record of a block may leave as much as one record unused.
        if (node.is_directory())
            size += 24 + size / 8 + tail_size * (size / block_size + 1);
        uint64_t blocks = round_up(size, block_size) / block_size;
        need.blocks += blocks + blocks / (8 * block_size) / 4 + (node.xattrs.empty() ? 0 : 1);
    }
    return need;
}

/// Gives a tree to a volume.
class TreeLoader {
public:
    TreeLoader(const Tree& tree, Ext4Volume& volume, const std::vector<uint32_t>& order)
        : tree_(tree), volume_(volume), order_(order), number_(tree.size()) {}

    void load() {
        uint32_t next = Ext4Volume::first_inode;
        lost_found_ = next++;
        const auto& top = tree_.at(Tree::root).children;
        if (auto own = top.find("lost+found");
            own != top.end() && tree_.at(own->second).is_directory())
            own_lost_found_ = own->second;
        for (uint32_t node : order_)
            number_[node] = node == Tree::root        ? Ext4Volume::root_inode
                            : node == own_lost_found_ ? lost_found_
                                                      : next++;
        std::vector<uint32_t> parent(tree_.size(), Ext4Volume::root_inode);
        for (uint32_t node : order_)
            for (const auto& [name, child] : tree_.at(node).children)
                parent[child] = number_[node];
        for (uint32_t node : order_)
            add(node, parent[node]);
        if (own_lost_found_ == 0)
            add_lost_found();
    }

private:
    void add(uint32_t node, uint32_t parent) {
        const TreeNode& what = tree_.at(node);
        uint32_t links = link_count(tree_, what);
        if (node == Tree::root && own_lost_found_ == 0)
            ++links;
        uint32_t number = number_[node];
        volume_.add_inode(number, what, links);
        if (what.type == EntryType::regular) {
            volume_.write_content(number, what);
        } else if (what.is_directory()) {
            std::vector<Name> names = {{".", number, EntryType::directory},
                                       {"..", parent, EntryType::directory}};
            if (node == Tree::root && own_lost_found_ == 0)
                names.push_back({"lost+found", lost_found_, EntryType::directory});
            for (const auto& [name, child] : what.children)
                names.push_back({name, number_[child], tree_.at(child).type});
            volume_.write_listing(number, encode_names(names));
        } else if (what.type == EntryType::symlink) {
            volume_.write_link(number, what.link_target);
        }
        volume_.write_xattrs(number, what.xattrs);
    }

    /// e2fsck wants it.
    void add_lost_found() {
        TreeNode node;
        node.mode = 0700;
        node.mtime = tree_.at(Tree::root).mtime;
        volume_.add_inode(lost_found_, node, 2);
        volume_.write_listing(lost_found_,
                              encode_names({{".", lost_found_, EntryType::directory},
                                            {"..", Ext4Volume::root_inode, EntryType::directory}}));
    }

    const Tree& tree_;
    Ext4Volume& volume_;
    const std::vector<uint32_t>& order_;
    std::vector<uint32_t> number_; ///< inodes of nodes
    uint32_t lost_found_ = 0;
    uint32_t own_lost_found_ = 0; ///< the tree's, or 0
};

} // namespace

uint64_t write_ext4(const Tree& tree, int fd, const Ext4Options& options) {
    auto order = nodes_in_order(tree);
    Need need = need_of(tree, order);
    uint64_t room = std::max(16 * mib, need.blocks * block_size / 10);
    // Room for files, in the proportion of a usual system: one for each 16 KiB.
    uint64_t wanted = std::max(need.blocks * block_size + room, options.size);
    uint64_t inodes =
        need.inodes + std::max<uint64_t>(1024, (wanted - need.blocks * block_size) / (16 << 10));
    uint64_t least = ext4_size_for(need.blocks, inodes);
    uint64_t size = options.size == 0 ? ext4_size_for(need.blocks + room / block_size, inodes)
                                      : round_up(options.size, block_size);
    if (size < least) {
        options.reporter->warning(
            fmt::format("an ext4 of {} is too small for the content: it becomes one of {}",
                        human_size(size), human_size(least)));
        size = least;
    }
    Ext4Volume volume(fd, {.blocks = size / block_size,
                           .inodes = inodes,
                           .uuid = options.uuid,
                           .time = options.time,
                           .label = options.label});
    TreeLoader(tree, volume, order).load();
    volume.finish();
    return size;
}

} // namespace coracle
