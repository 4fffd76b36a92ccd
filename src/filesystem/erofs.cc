// SPDX-License-Identifier: Apache-2.0
#include "filesystem/erofs.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include "base/error.h"
#include "filesystem/erofs_data.h"
#include "filesystem/erofs_format.h"

namespace coracle {

namespace {

using namespace erofs;

constexpr uint64_t round_up(uint64_t value, uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

template <class T>
void append(std::string& text, const T& value) {
    text.append(reinterpret_cast<const char*>(&value), sizeof value);
}

uint32_t crc32c(std::string_view data) {
    uint32_t crc = ~uint32_t{0};
    for (char c : data) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
    }
    return crc;
}

struct XattrPrefix {
    std::string_view text;
    unsigned char index;
};
constexpr XattrPrefix xattr_prefixes[] = {{"user.", 1},
                                          {"system.posix_acl_access", 2},
                                          {"system.posix_acl_default", 3},
                                          {"trusted.", 4},
                                          {"security.", 6}};

/// The attributes as they stand behind an inode.
std::string encode_xattrs(const TreeNode& node, Reporter& reporter) {
    std::string text;
    for (const auto& [name, value] : node.xattrs) {
        auto prefix = std::ranges::find_if(
            xattr_prefixes, [&](const auto& known) { return name.starts_with(known.text); });
        if (prefix == std::end(xattr_prefixes)) {
            reporter.warning(
                fmt::format("an erofs cannot hold attributes like '{}': left out", name));
            continue;
        }
        std::string_view rest = std::string_view(name).substr(prefix->text.size());
        if (rest.size() > UINT8_MAX || value.size() > UINT16_MAX)
            throw Error("the attribute '{}' is too large for an erofs", name);
        XattrEntry entry;
        entry.name_size = static_cast<unsigned char>(rest.size());
        entry.name_index = prefix->index;
        entry.value_size = static_cast<uint16_t>(value.size());
        if (text.empty())
            append(text, XattrHeader{});
        append(text, entry);
        text += rest;
        text += value;
        text.append(round_up(text.size(), 4) - text.size(), '\0');
    }
    if (text.size() > UINT16_MAX * sizeof(XattrEntry))
        throw Error("a file has too many attributes for an erofs");
    return text;
}

/// Names of a directory, "." and ".." among them, in the order of their bytes, with their nodes.
using Listing = std::vector<std::pair<std::string_view, uint32_t>>;

Listing listing_of(const TreeNode& directory, uint32_t self, uint32_t parent) {
    Listing list = {{".", self}, {"..", parent}};
    list.insert(list.end(), directory.children.begin(), directory.children.end());
    std::ranges::sort(list);
    return list;
}

/// How many names fit into the next block, from `first` on, and how many bytes they take.
std::pair<size_t, uint64_t> block_of(const Listing& list, size_t first) {
    uint64_t size = 0;
    size_t end = first;
    for (; end < list.size(); ++end) {
        uint64_t more = sizeof(DirectoryEntry) + list[end].first.size();
        if (size + more > block_size)
            break;
        size += more;
    }
    return {end - first, size};
}

uint64_t size_of(const Listing& list) {
    uint64_t size = 0;
    for (size_t first = 0; first < list.size();) {
        auto [count, bytes] = block_of(list, first);
        first += count;
        size += first < list.size() ? block_size : bytes;
    }
    return size;
}

std::string encode(const Listing& list, const std::vector<uint64_t>& nids, const Tree& tree) {
    std::string text;
    for (size_t first = 0; first < list.size();) {
        size_t count = block_of(list, first).first;
        std::string names;
        for (size_t i = first; i < first + count; ++i) {
            const auto& [name, node] = list[i];
            DirectoryEntry entry;
            entry.nid = nids[node];
            entry.name_offset =
                static_cast<uint16_t>(count * sizeof(DirectoryEntry) + names.size());
            entry.type = directory_type(tree.at(node).type);
            append(text, entry);
            names += name;
        }
        text += names;
        first += count;
        if (first < list.size())
            text.append(round_up(text.size(), block_size) - text.size(), '\0');
    }
    return text;
}

/// What is decided about an inode before it is written.
struct Plan {
    std::string xattrs;
    std::string index;     ///< of compressed data
    uint64_t size = 0;     ///< of content, listing or link text
    uint64_t tail = 0;     ///< bytes behind the inode
    uint32_t where = 0;    ///< Inode::where
    uint64_t position = 0; ///< in the metadata
    Layout layout = Layout::plain;
    uint32_t parent = 0; ///< of a directory

    uint64_t head() const { return sizeof(Inode) + xattrs.size(); }
};

class ErofsWriter {
public:
    ErofsWriter(const Tree& tree, int fd, const ErofsOptions& options)
        : tree_(tree), options_(options), fd_(fd), sink_(fd, "erofs"), order_(nodes_in_order(tree)),
          plans_(tree.size()) {}
    uint64_t write();

private:
    void plan_sizes();
    void place_content();
    void place_blocks();
    void place_inodes();
    void write_blocks();
    void write_inodes();
    void write_super();
    std::string bytes_of(uint32_t node) const;
    Inode inode_of(uint32_t node) const;

    const Tree& tree_;
    const ErofsOptions& options_;
    int fd_;
    FileSink sink_;
    std::vector<uint32_t> order_;
    std::vector<Plan> plans_;
    std::vector<uint64_t> nids_;
    uint64_t meta_block_ = 0;
    uint64_t block_ = 0; ///< the next free one
    bool compressed_ = false;
};

uint64_t ErofsWriter::write() {
    write_zeros(sink_, block_size);
    plan_sizes();
    place_content();
    place_blocks();
    place_inodes();
    write_blocks();
    write_inodes();
    sink_.finish();
    write_super();
    return sink_.position();
}

void ErofsWriter::plan_sizes() {
    for (uint32_t node : order_) {
        const TreeNode& what = tree_.at(node);
        Plan& plan = plans_[node];
        plan.xattrs = encode_xattrs(what, *options_.reporter);
        plan.size = what.size;
        if (what.is_directory()) {
            for (const auto& [name, child] : what.children)
                if (tree_.at(child).is_directory())
                    plans_[child].parent = node;
            plan.size = size_of(listing_of(what, node, plan.parent));
        } else if (what.type == EntryType::character || what.type == EntryType::block) {
            plan.where = encode_device(what.device_major, what.device_minor);
        }
        uint64_t tail = plan.size % block_size;
        plan.tail = plan.head() + tail <= block_size ? tail : 0;
        plan.layout = plan.tail > 0 ? Layout::tail : Layout::plain;
    }
}

void ErofsWriter::place_content() {
    std::vector<FileData> files;
    for (uint32_t node : order_)
        if (tree_.at(node).type == EntryType::regular && plans_[node].size > plans_[node].tail)
            files.push_back({node, plans_[node].tail});
    auto placed = write_data(tree_, files, sink_, options_.compress, options_.threads);
    for (size_t i = 0; i < files.size(); ++i) {
        Plan& plan = plans_[files[i].node];
        plan.where = placed[i].block;
        if (placed[i].clusters.empty())
            continue;
        compressed_ = true;
        plan.layout = Layout::compressed;
        plan.tail = 0;
        plan.index = index_of(placed[i], plan.size);
        plan.where = 0;
        for (const auto& cluster : placed[i].clusters)
            plan.where += cluster.blocks;
    }
    block_ = sink_.position() / block_size;
}

/// Blocks of directories and of long symlinks.
void ErofsWriter::place_blocks() {
    for (uint32_t node : order_) {
        Plan& plan = plans_[node];
        if (tree_.at(node).type == EntryType::regular || plan.size == plan.tail)
            continue;
        plan.where = static_cast<uint32_t>(block_);
        block_ += round_up(plan.size - plan.tail, block_size) / block_size;
    }
}

/// The root comes first, as its number has 16 bits. No inode has the number 0.
void ErofsWriter::place_inodes() {
    meta_block_ = block_;
    nids_.resize(tree_.size());
    uint64_t position = slot_size * 2;
    for (uint32_t node : order_) {
        Plan& plan = plans_[node];
        position = round_up(position, slot_size);
        // Neither an inode nor a tail crosses the end of a block.
        uint64_t together = plan.tail > 0 ? plan.head() + plan.tail : sizeof(Inode);
        if (position % block_size + together > block_size)
            position = round_up(position, block_size);
        plan.position = position;
        nids_[node] = position / slot_size;
        position += plan.head() + plan.tail;
        if (!plan.index.empty())
            position = round_up(position, 8) + sizeof(MapHeader) + plan.index.size();
    }
    block_ = meta_block_ + round_up(position, block_size) / block_size;
    if (block_ > UINT32_MAX)
        throw Error("the files are too large for an erofs of 16 TiB");
}

std::string ErofsWriter::bytes_of(uint32_t node) const {
    const TreeNode& what = tree_.at(node);
    if (what.is_directory())
        return encode(listing_of(what, node, plans_[node].parent), nids_, tree_);
    if (what.type == EntryType::symlink)
        return what.link_target;
    uint64_t tail = plans_[node].tail;
    FileSource end(what.content_fd, "temporary file", what.content_offset + what.size - tail, tail);
    return read_all(end);
}

void ErofsWriter::write_blocks() {
    for (uint32_t node : order_) {
        const Plan& plan = plans_[node];
        if (tree_.at(node).type == EntryType::regular || plan.size == plan.tail)
            continue;
        std::string bytes = bytes_of(node).substr(0, plan.size - plan.tail);
        sink_.write(bytes);
        write_zeros(sink_, round_up(bytes.size(), block_size) - bytes.size());
    }
}

Inode ErofsWriter::inode_of(uint32_t node) const {
    const TreeNode& what = tree_.at(node);
    const Plan& plan = plans_[node];
    Inode inode;
    inode.format = inode_format(plan.layout);
    if (!plan.xattrs.empty())
        inode.xattr_count =
            static_cast<uint16_t>((plan.xattrs.size() - sizeof(XattrHeader)) / 4 + 1);
    inode.mode = mode_of(what);
    inode.size = plan.size;
    inode.where = plan.where;
    inode.number = static_cast<uint32_t>(nids_[node]);
    inode.uid = what.uid;
    inode.gid = what.gid;
    inode.mtime = static_cast<uint64_t>(what.mtime);
    inode.links = link_count(tree_, what);
    return inode;
}

void ErofsWriter::write_inodes() {
    uint64_t begin = meta_block_ * block_size;
    for (uint32_t node : order_) {
        const Plan& plan = plans_[node];
        write_zeros(sink_, begin + plan.position - sink_.position());
        std::string text;
        append(text, inode_of(node));
        text += plan.xattrs;
        if (plan.tail > 0) {
            std::string bytes = bytes_of(node);
            text += std::string_view(bytes).substr(bytes.size() - plan.tail);
        }
        if (!plan.index.empty()) {
            text.append(round_up(text.size(), 8) - text.size(), '\0');
            MapHeader header;
            header.advise = big_cluster_advice;
            append(text, header);
            text += plan.index;
        }
        sink_.write(text);
    }
    write_zeros(sink_, block_ * block_size - sink_.position());
}

void ErofsWriter::write_super() {
    SuperBlock super;
    super.magic = magic;
    super.compat = compat_checksum | compat_mtime;
    super.root_nid = static_cast<uint16_t>(nids_[Tree::root]);
    super.inodes = order_.size();
    super.time = static_cast<uint64_t>(options_.time);
    super.blocks = static_cast<uint32_t>(block_);
    super.meta_block = static_cast<uint32_t>(meta_block_);
    std::copy(options_.uuid.begin(), options_.uuid.end(), super.uuid);
    if (compressed_) {
        super.incompat = incompat_zero_padding | incompat_big_cluster;
        super.algorithms = 1;
    }
    auto encoded = [&] {
        std::string text;
        append(text, super);
        Lz4Configuration lz4;
        lz4.max_cluster_blocks = 16;
        if (compressed_)
            append(text, lz4);
        text.resize(block_size - super_offset);
        return text;
    };
    super.checksum = crc32c(encoded());
    std::string text = encoded();
    if (::pwrite(fd_, text.data(), text.size(), super_offset) != static_cast<ssize_t>(text.size()))
        throw Error::system(errno, "write the erofs");
}

} // namespace

uint64_t write_erofs(const Tree& tree, int fd, const ErofsOptions& options) {
    return ErofsWriter(tree, fd, options).write();
}

} // namespace coracle
