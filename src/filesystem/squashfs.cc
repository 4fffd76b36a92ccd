// SPDX-License-Identifier: Apache-2.0
#include "filesystem/squashfs.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include <sqfs/block.h>
#include <sqfs/block_processor.h>
#include <sqfs/block_writer.h>
#include <sqfs/compressor.h>
#include <sqfs/dir_writer.h>
#include <sqfs/error.h>
#include <sqfs/frag_table.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/io.h>
#include <sqfs/meta_writer.h>
#include <sqfs/super.h>
#include <sqfs/xattr_writer.h>

#include "base/error.h"

namespace coracle {

namespace {

constexpr size_t block_size = 128 << 10;
constexpr uint32_t no_xattrs = 0xffffffff;

template <class T>
struct Destroy {
    void operator()(T* object) const { sqfs_destroy(object); }
};
template <class T>
using Object = std::unique_ptr<T, Destroy<T>>;

struct Free {
    void operator()(void* memory) const { sqfs_free(memory); }
};
using Inode = std::unique_ptr<sqfs_inode_generic_t, Free>;

void check(int status, const char* what) {
    if (status == SQFS_ERROR_IO)
        throw Error::system(errno, fmt::format("{} of the squashfs", what));
    if (status != 0)
        throw Error("cannot {} of the squashfs: error {} of libsquashfs", what, -status);
}

template <class T>
Object<T> made(T* object, const char* what) {
    if (object == nullptr)
        throw Error("cannot {} of the squashfs: out of memory", what);
    return Object<T>(object);
}

SQFS_COMPRESSOR id_of(Compression compression) {
    switch (compression) {
    case Compression::zstd: return SQFS_COMP_ZSTD;
    case Compression::xz: return SQFS_COMP_XZ;
    case Compression::gzip:
    case Compression::none: break;
    }
    return SQFS_COMP_GZIP;
}

/// Below zstd's 15, which takes many times longer for a few per cent.
constexpr uint32_t default_zstd_level = 6;

Object<sqfs_compressor_t> make_compressor(const SquashfsOptions& options, uint16_t flags) {
    sqfs_compressor_config_t config;
    check(sqfs_compressor_config_init(&config, id_of(options.compression), block_size, flags),
          "choose the compression");
    if (options.level > 0)
        config.level = static_cast<uint32_t>(options.level);
    else if (options.compression == Compression::zstd)
        config.level = default_zstd_level;
    sqfs_compressor_t* compressor = nullptr;
    check(sqfs_compressor_create(&config, &compressor), "make the compressor");
    return Object<sqfs_compressor_t>(compressor);
}

class SquashfsWriter {
public:
    SquashfsWriter(const Tree& tree, int fd, const SquashfsOptions& options);
    ~SquashfsWriter();
    uint64_t write();

private:
    void write_data();
    void write_file(uint32_t node);
    void write_directory(uint32_t node, uint32_t parent);
    void write_inode(uint32_t node, sqfs_inode_generic_t* inode);
    Inode make_inode(uint32_t node) const;
    uint32_t xattrs_of(uint32_t node);
    void finish_tables();

    const Tree& tree_;
    const SquashfsOptions& options_;
    Object<sqfs_file_t> file_;
    sqfs_super_t super_{};
    Object<sqfs_compressor_t> compressor_;
    Object<sqfs_compressor_t> unpacker_;
    Object<sqfs_id_table_t> ids_;
    Object<sqfs_xattr_writer_t> xattrs_;
    Object<sqfs_frag_table_t> fragments_;
    Object<sqfs_meta_writer_t> inodes_;
    Object<sqfs_meta_writer_t> listings_;
    Object<sqfs_dir_writer_t> directories_;

    std::vector<uint32_t> order_;
    std::vector<uint32_t> number_;                  ///< of each node: its inode's, from 1
    std::vector<sqfs_u64> reference_;               ///< of each node: where its inode is
    std::vector<bool> written_;                     ///< of each node: its inode
    std::vector<sqfs_inode_generic_t*> file_inode_; ///< of regular files, until written
};

SquashfsWriter::SquashfsWriter(const Tree& tree, int fd, const SquashfsOptions& options)
    : tree_(tree), options_(options),
      file_(made(
          sqfs_open_file(fmt::format("/proc/self/fd/{}", fd).c_str(), SQFS_FILE_OPEN_OVERWRITE),
          "open the file")),
      compressor_(make_compressor(options, 0)),
      unpacker_(make_compressor(options, SQFS_COMP_FLAG_UNCOMPRESS)),
      ids_(made(sqfs_id_table_create(0), "make the owners")),
      xattrs_(made(sqfs_xattr_writer_create(0), "make the attributes")),
      fragments_(made(sqfs_frag_table_create(0), "make the fragments")),
      order_(nodes_in_order(tree)), number_(tree.size()), reference_(tree.size()),
      written_(tree.size()), file_inode_(tree.size()) {
    for (size_t i = 0; i < order_.size(); ++i)
        number_[order_[i]] = static_cast<uint32_t>(i + 1);
}

SquashfsWriter::~SquashfsWriter() {
    for (auto* inode : file_inode_)
        sqfs_free(inode);
}

uint32_t clamped_time(int64_t time) {
    return static_cast<uint32_t>(std::clamp<int64_t>(time, 0, UINT32_MAX));
}

uint64_t SquashfsWriter::write() {
    check(sqfs_super_init(&super_, block_size, clamped_time(options_.time),
                          id_of(options_.compression)),
          "begin the header");
    check(sqfs_super_write(&super_, file_.get()), "write the header");
    int extra = compressor_->write_options(compressor_.get(), file_.get());
    check(std::min(extra, 0), "write the options");
    if (extra > 0)
        super_.flags |= SQFS_FLAG_COMPRESSOR_OPTIONS;
    write_data();

    inodes_ = made(sqfs_meta_writer_create(file_.get(), compressor_.get(), 0), "make the inodes");
    listings_ = made(
        sqfs_meta_writer_create(file_.get(), compressor_.get(), SQFS_META_WRITER_KEEP_IN_MEMORY),
        "make the directories");
    directories_ =
        made(sqfs_dir_writer_create(listings_.get(), SQFS_DIR_WRITER_CREATE_EXPORT_TABLE),
             "make the directories");
    super_.inode_table_start = file_->get_size(file_.get());
    super_.inode_count = static_cast<sqfs_u32>(order_.size());
    // The root's parent is none: one more than the last inode.
    write_directory(Tree::root, super_.inode_count + 1);
    finish_tables();
    uint64_t size = (super_.bytes_used + image_block - 1) / image_block * image_block;
    check(file_->truncate(file_.get(), size), "pad the end");
    return size;
}

void SquashfsWriter::finish_tables() {
    sqfs_file_t* file = file_.get();
    sqfs_compressor_t* compressor = compressor_.get();
    check(sqfs_meta_writer_flush(inodes_.get()), "write the inodes");
    check(sqfs_meta_writer_flush(listings_.get()), "write the directories");
    super_.root_inode_ref = reference_[Tree::root];
    super_.directory_table_start = file->get_size(file);
    check(sqfs_meta_write_write_to_file(listings_.get()), "write the directories");
    check(sqfs_frag_table_write(fragments_.get(), file, &super_, compressor),
          "write the fragments");
    check(sqfs_dir_writer_write_export_table(directories_.get(), file, compressor,
                                             number_[Tree::root], super_.root_inode_ref, &super_),
          "write the export table");
    check(sqfs_id_table_write(ids_.get(), file, &super_, compressor), "write the owners");
    check(sqfs_xattr_writer_flush(xattrs_.get(), file, &super_, compressor),
          "write the attributes");
    super_.bytes_used = file->get_size(file);
    check(sqfs_super_write(&super_, file), "write the header");
}

void SquashfsWriter::write_data() {
    auto blocks = made(sqfs_block_writer_create(file_.get(), 4096, 0), "make the blocks");
    sqfs_block_processor_desc_t description{};
    description.size = sizeof description;
    description.max_block_size = block_size;
    description.num_workers = options_.threads;
    description.max_backlog = 10 * std::max(options_.threads, 1U);
    description.cmp = compressor_.get();
    description.wr = blocks.get();
    description.tbl = fragments_.get();
    description.file = file_.get();
    description.uncmp = unpacker_.get();
    sqfs_block_processor_t* raw = nullptr;
    check(sqfs_block_processor_create_ex(&description, &raw), "start the compression");
    Object<sqfs_block_processor_t> processor(raw);
    uint32_t flags = options_.compression == Compression::none ? SQFS_BLK_DONT_COMPRESS : 0;
    std::vector<char> buffer(1 << 20);
    for (uint32_t node : order_) {
        if (tree_.at(node).type != EntryType::regular)
            continue;
        check(sqfs_block_processor_begin_file(raw, &file_inode_[node], nullptr, flags),
              "begin a file");
        FileSource content = tree_.content(node);
        while (size_t count = content.read(buffer))
            check(sqfs_block_processor_append(raw, buffer.data(), count), "write a file");
        check(sqfs_block_processor_end_file(raw), "end a file");
    }
    check(sqfs_block_processor_finish(raw), "write the files");
}

Inode SquashfsWriter::make_inode(uint32_t node) const {
    const TreeNode& what = tree_.at(node);
    size_t text = what.link_target.size();
    Inode inode(
        static_cast<sqfs_inode_generic_t*>(std::calloc(1, sizeof(sqfs_inode_generic_t) + text)));
    if (!inode)
        throw Error("out of memory");
    switch (what.type) {
    case EntryType::symlink:
        inode->base.type = SQFS_INODE_SLINK;
        inode->data.slink.nlink = what.names;
        inode->data.slink.target_size = static_cast<sqfs_u32>(text);
        std::memcpy(inode->extra, what.link_target.data(), text);
        break;
    case EntryType::fifo:
        inode->base.type = SQFS_INODE_FIFO;
        inode->data.ipc.nlink = what.names;
        break;
    default:
        inode->base.type = what.type == EntryType::character ? SQFS_INODE_CDEV : SQFS_INODE_BDEV;
        inode->data.dev.nlink = what.names;
        inode->data.dev.devno = encode_device(what.device_major, what.device_minor);
    }
    return inode;
}

uint32_t SquashfsWriter::xattrs_of(uint32_t node) {
    uint32_t index = no_xattrs;
    check(sqfs_xattr_writer_begin(xattrs_.get(), 0), "begin attributes");
    for (const auto& [name, value] : tree_.at(node).xattrs) {
        int status = sqfs_xattr_writer_add(xattrs_.get(), name.c_str(), value.data(), value.size());
        if (status == SQFS_ERROR_UNSUPPORTED)
            options_.reporter->warning(
                fmt::format("a squashfs cannot hold attributes like '{}': left out", name));
        else
            check(status, "write attributes");
    }
    check(sqfs_xattr_writer_end(xattrs_.get(), &index), "end attributes");
    return index;
}

void SquashfsWriter::write_inode(uint32_t node, sqfs_inode_generic_t* inode) {
    const TreeNode& what = tree_.at(node);
    inode->base.mode = mode_of(what);
    inode->base.mod_time = clamped_time(what.mtime);
    inode->base.inode_number = number_[node];
    check(sqfs_id_table_id_to_index(ids_.get(), what.uid, &inode->base.uid_idx), "keep an owner");
    check(sqfs_id_table_id_to_index(ids_.get(), what.gid, &inode->base.gid_idx), "keep a group");
    sqfs_u64 block = 0;
    sqfs_u32 offset = 0;
    sqfs_meta_writer_get_position(inodes_.get(), &block, &offset);
    check(sqfs_meta_writer_write_inode(inodes_.get(), inode), "write an inode");
    reference_[node] = block << 16 | offset;
    written_[node] = true;
}

void SquashfsWriter::write_file(uint32_t node) {
    const TreeNode& what = tree_.at(node);
    bool regular = what.type == EntryType::regular;
    Inode inode = regular ? Inode(std::exchange(file_inode_[node], nullptr)) : make_inode(node);
    if (regular && what.names > 1) {
        check(sqfs_inode_make_extended(inode.get()), "write an inode");
        inode->data.file_ext.nlink = what.names;
    }
    check(sqfs_inode_set_xattr_index(inode.get(), xattrs_of(node)), "write an inode");
    write_inode(node, inode.get());
}

/// The inodes of what is in it come first: its listing says where they are.
void SquashfsWriter::write_directory(uint32_t node, uint32_t parent) {
    const TreeNode& what = tree_.at(node);
    for (const auto& [name, child] : what.children) {
        if (tree_.at(child).is_directory())
            write_directory(child, number_[node]);
        else if (!written_[child])
            write_file(child);
    }
    check(sqfs_dir_writer_begin(directories_.get(), 0), "begin a directory");
    for (const auto& [name, child] : what.children)
        check(sqfs_dir_writer_add_entry(directories_.get(), name.c_str(), number_[child],
                                        reference_[child], mode_of(tree_.at(child))),
              "write a directory");
    check(sqfs_dir_writer_end(directories_.get()), "end a directory");
    Inode inode(sqfs_dir_writer_create_inode(directories_.get(), link_count(tree_, what),
                                             xattrs_of(node), parent));
    if (!inode)
        throw Error("out of memory");
    write_inode(node, inode.get());
}

} // namespace

uint64_t write_squashfs(const Tree& tree, int fd, const SquashfsOptions& options) {
    return SquashfsWriter(tree, fd, options).write();
}

} // namespace coracle
