// SPDX-License-Identifier: Apache-2.0
#include "filesystem/erofs_data.h"

#include <algorithm>
#include <deque>
#include <future>

#include <lz4.h>

#include "base/error.h"
#include "base/thread_pool.h"
#include "filesystem/erofs_format.h"

namespace coracle::erofs {

namespace {

constexpr uint64_t cluster_size = 64 << 10;

uint64_t blocks_of(uint64_t size) { return (size + block_size - 1) / block_size; }

void put(std::string& text, IndexType type, uint64_t offset, uint64_t low, uint64_t high) {
    IndexEntry entry;
    entry.type = static_cast<uint16_t>(type);
    entry.offset = static_cast<uint16_t>(offset);
    entry.low = static_cast<uint16_t>(low);
    entry.high = static_cast<uint16_t>(high);
    text.append(reinterpret_cast<const char*>(&entry), sizeof entry);
}

/// Some of a file that is being packed by another thread.
struct Piece {
    size_t file;
    bool first;
    std::future<Packed> packed;
};

/// The content of files in order, packed by many threads where it pays.
class DataWriter {
public:
    DataWriter(const Tree& tree, const std::vector<FileData>& files, FileSink& sink)
        : tree_(tree), files_(files), sink_(sink), placed_(files.size()), stored_(files.size()) {}

    void write_stored(size_t file) {
        const TreeNode& node = tree_.at(files_[file].node);
        uint64_t size = node.size - files_[file].tail;
        placed_[file].block = next_block();
        sink_.write_file(node.content_fd, node.content_offset, size);
        write_zeros(sink_, blocks_of(size) * block_size - size);
    }

    void write_packed(unsigned threads) {
        ThreadPool pool(threads);
        for (size_t file = 0; file < files_.size(); ++file) {
            const TreeNode& node = tree_.at(files_[file].node);
            for (uint64_t at = 0; at == 0 || at < node.size; at += piece_size) {
                if (pending_.size() > 2 * threads)
                    take();
                pending_.push_back({file, at == 0, pool.submit([&node, at] {
                                        std::string data(std::min(piece_size, node.size - at), 0);
                                        FileSource source(node.content_fd, "temporary file",
                                                          node.content_offset + at, data.size());
                                        read_exactly(source, data, "the temporary file");
                                        return pack(data);
                                    })});
            }
        }
        while (!pending_.empty())
            take();
    }

    std::vector<Placed> take_placed() { return std::move(placed_); }

private:
    uint32_t next_block() const {
        uint64_t block = sink_.position() / block_size;
        if (block > UINT32_MAX)
            throw Error("the files are too large for an erofs of 16 TiB");
        return static_cast<uint32_t>(block);
    }

    void take() {
        Piece piece = std::move(pending_.front());
        pending_.pop_front();
        Packed packed = piece.packed.get();
        size_t file = piece.file;
        if (piece.first) {
            uint64_t size = 0;
            for (const auto& cluster : packed.clusters)
                size += cluster.length;
            uint64_t plain = blocks_of(std::max(size, files_[file].tail) - files_[file].tail);
            // Less than a sixteenth is not worth the reading.
            if (packed.bytes.size() / block_size + plain / 16 >= plain) {
                stored_[file] = true;
                write_stored(file);
                return;
            }
            placed_[file].block = next_block();
        }
        if (stored_[file])
            return;
        sink_.write(packed.bytes);
        auto& clusters = placed_[file].clusters;
        clusters.insert(clusters.end(), packed.clusters.begin(), packed.clusters.end());
    }

    const Tree& tree_;
    const std::vector<FileData>& files_;
    FileSink& sink_;
    std::vector<Placed> placed_;
    std::vector<bool> stored_;
    std::deque<Piece> pending_;
};

} // namespace

Packed pack(std::string_view data) {
    Packed packed;
    std::string buffer(cluster_size, '\0');
    while (!data.empty()) {
        int taken = static_cast<int>(data.size());
        int made = LZ4_compress_destSize(data.data(), buffer.data(), &taken,
                                         static_cast<int>(buffer.size()));
        uint64_t size = static_cast<uint64_t>(std::max(made, 0));
        uint64_t blocks = blocks_of(size);
        // A cluster has to give more than it takes: then no two begin in one block of the file.
        if (made > 0 && static_cast<uint64_t>(taken) > blocks * block_size) {
            packed.bytes.append(blocks * block_size - size, '\0');
            packed.bytes.append(buffer, 0, size);
            packed.clusters.push_back(
                {static_cast<uint32_t>(taken), static_cast<uint16_t>(blocks), false});
            data.remove_prefix(static_cast<size_t>(taken));
            continue;
        }
        auto stored = data.substr(0, cluster_size);
        packed.bytes += stored;
        packed.bytes.append(blocks_of(stored.size()) * block_size - stored.size(), '\0');
        for (size_t at = 0; at < stored.size(); at += block_size)
            packed.clusters.push_back(
                {static_cast<uint32_t>(std::min(block_size, stored.size() - at)), 1, true});
        data.remove_prefix(stored.size());
    }
    return packed;
}

std::string index_of(const Placed& placed, uint64_t size) {
    std::string index;
    uint64_t block = placed.block;
    uint64_t offset = 0; // where in a block of the file the cluster begins
    for (const auto& [length, blocks, stored] : placed.clusters) {
        put(index, stored ? IndexType::stored : IndexType::head, offset, block & 0xffff,
            block >> 16);
        uint64_t entries = (offset + length) / block_size;
        for (uint64_t i = 1; i < entries; ++i)
            put(index, IndexType::inside, 0,
                i == 1 ? uint64_t{block_count_flag} | blocks : std::min<uint64_t>(i, 0x7ff),
                entries - i);
        // A cluster that ends in the block it begins in is the last.
        offset = entries == 0 ? 0 : (offset + length) % block_size;
        block += blocks;
    }
    if (offset != 0)
        put(index, IndexType::stored, offset, 0, 0);
    if (index.size() != blocks_of(size) * sizeof(IndexEntry))
        throw Error("the index of an erofs is wrong");
    return index;
}

std::vector<Placed> write_data(const Tree& tree, const std::vector<FileData>& files, FileSink& sink,
                               bool compress, unsigned threads) {
    DataWriter writer(tree, files, sink);
    if (compress)
        writer.write_packed(std::max(threads, 1U));
    else
        for (size_t file = 0; file < files.size(); ++file)
            writer.write_stored(file);
    return writer.take_placed();
}

} // namespace coracle::erofs
