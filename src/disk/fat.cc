// SPDX-License-Identifier: Apache-2.0
#include "disk/fat.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "base/error.h"
#include "base/on_disk.h"
#include "base/text.h"
#include "base/tree_path.h"
#include "disk/fat_directory.h"
#include "disk/fat_geometry.h"
#include "disk/partition_table.h"

namespace coracle {

namespace {

/// The boot sector from its jump to its signature, with the fields of 32 bits.
struct BootSector {
    unsigned char jump[3] = {0xeb, 0x58, 0x90};
    char oem[8] = {'C', 'O', 'R', 'A', 'C', 'L', 'E', ' '};
    Le<uint16_t> sector_bytes = 512;
    unsigned char cluster_sectors;
    Le<uint16_t> reserved;
    unsigned char fats = 2;
    Le<uint16_t> root_entries;
    Le<uint16_t> sectors_small;
    unsigned char medium = 0xf8;
    Le<uint16_t> fat_sectors_small;
    Le<uint16_t> track_sectors = 63;
    Le<uint16_t> heads = 255;
    Le<uint32_t> hidden;
    Le<uint32_t> sectors;
};
static_assert(sizeof(BootSector) == 36);

struct Fields32 {
    Le<uint32_t> fat_sectors;
    Le<uint16_t> flags;
    Le<uint16_t> version;
    Le<uint32_t> root_cluster = 2;
    Le<uint16_t> info_sector = 1;
    Le<uint16_t> backup_sector = 6;
    char reserved[12] = {};
};
static_assert(sizeof(Fields32) == 28);

struct Volume {
    unsigned char drive = 0x80;
    unsigned char reserved = 0;
    unsigned char signature = 0x29;
    Le<uint32_t> serial;
    char label[11];
    char type[8];
};
static_assert(sizeof(Volume) == 26);

struct Node {
    std::string name;
    size_t parent = 0;
    std::vector<size_t> directories = {};
    std::vector<size_t> files = {};
    uint32_t cluster = 0;
    uint32_t clusters = 0;
};

class Writer {
public:
    Writer(const std::vector<FatFile>& files, const FatOptions& options)
        : files_(files), options_(options) {
        gather();
        choose_geometry();
        allocate();
    }
    Fat write() const;

private:
    void gather();
    size_t node_of(const TreePath& directory);
    void choose_geometry();
    uint64_t clusters_needed(const FatGeometry& geometry);
    void allocate();
    std::string directory_bytes(size_t number) const;
    std::string table() const;
    std::string boot_sectors() const;
    uint32_t used() const { return next_ - 2; }

    const std::vector<FatFile>& files_;
    const FatOptions& options_;
    std::vector<Node> nodes_{Node{}};
    std::map<TreePath, size_t> by_path_{{TreePath(), 0}};
    std::vector<std::string> names_;
    std::vector<uint32_t> clusters_; ///< the first of each file
    FatGeometry geometry_{};
    uint32_t next_ = 2;
};

size_t Writer::node_of(const TreePath& directory) {
    if (auto found = by_path_.find(directory); found != by_path_.end())
        return found->second;
    size_t parent = node_of(directory.parent());
    size_t number = nodes_.size();
    nodes_.push_back({std::string(directory.name()), parent});
    nodes_[parent].directories.push_back(number);
    return by_path_[directory] = number;
}

void Writer::gather() {
    for (size_t i = 0; i < files_.size(); ++i) {
        const FatFile& file = files_[i];
        if (file.content.size() > UINT32_MAX)
            throw Error("'{}' has {}, and a FAT file system has no files of 4 GiB and more",
                        file.path, human_size(file.content.size()))
                .hint("the format raw-efi-verity, which does not keep the system in one file");
        TreePath path(file.path);
        names_.emplace_back(path.name());
        nodes_[node_of(path.parent())].files.push_back(i);
    }
}

uint64_t Writer::clusters_needed(const FatGeometry& geometry) {
    uint64_t bytes = geometry.cluster_bytes();
    uint64_t count = 0;
    for (size_t i = geometry.bits == 32 ? 0 : 1; i < nodes_.size(); ++i) {
        nodes_[i].clusters = static_cast<uint32_t>((directory_bytes(i).size() + bytes - 1) / bytes);
        count += nodes_[i].clusters;
    }
    for (const auto& file : files_)
        count += (file.content.size() + bytes - 1) / bytes;
    return count;
}

void Writer::choose_geometry() {
    constexpr uint64_t step = partition_alignment / sector_size;
    uint64_t content = 0;
    for (const auto& file : files_)
        content += file.content.size();
    uint64_t sectors =
        (std::max(options_.size, content) + partition_alignment - 1) / sector_size / step * step;
    for (sectors = std::max(sectors, step);; sectors += step) {
        auto geometry = fat_geometry(sectors);
        if (!geometry)
            continue;
        uint64_t needed = clusters_needed(*geometry);
        if (needed <= geometry->clusters) {
            geometry_ = *geometry;
            break;
        }
        sectors += (needed - geometry->clusters) * geometry->cluster_sectors / step * step;
    }
    if (geometry_.bits != 32 && directory_bytes(0).size() > geometry_.root_sectors * sector_size)
        throw Error("the root directory of a FAT file system of {} bits has not room for all files",
                    geometry_.bits);
}

void Writer::allocate() {
    for (size_t i = geometry_.bits == 32 ? 0 : 1; i < nodes_.size(); ++i) {
        nodes_[i].cluster = next_;
        next_ += nodes_[i].clusters;
    }
    uint64_t bytes = geometry_.cluster_bytes();
    for (const auto& file : files_) {
        clusters_.push_back(file.content.size() == 0 ? 0 : next_);
        next_ += static_cast<uint32_t>((file.content.size() + bytes - 1) / bytes);
    }
}

std::string Writer::directory_bytes(size_t number) const {
    const Node& node = nodes_[number];
    FatDirectory directory(options_.time);
    if (number == 0) {
        directory.add_label(options_.label);
    } else {
        directory.add_dot(".", node.cluster);
        directory.add_dot("..", node.parent == 0 ? 0 : nodes_[node.parent].cluster);
    }
    for (size_t child : node.directories)
        directory.add_directory(nodes_[child].name, nodes_[child].cluster);
    for (size_t file : node.files)
        directory.add_file(names_[file], clusters_.empty() ? 0 : clusters_[file],
                           static_cast<uint32_t>(files_[file].content.size()));
    return directory.bytes();
}

/// One chain after the other, each a run.
std::string Writer::table() const {
    constexpr uint32_t end = 0x0fffffff;
    std::vector<uint32_t> next = {0x0ffffff8, end};
    auto chain = [&](uint64_t count) {
        for (uint64_t i = 1; i < count; ++i)
            next.push_back(static_cast<uint32_t>(next.size() + 1));
        if (count > 0)
            next.push_back(end);
    };
    for (const auto& node : nodes_)
        chain(node.cluster == 0 ? 0 : node.clusters);
    for (const auto& file : files_)
        chain((file.content.size() + geometry_.cluster_bytes() - 1) / geometry_.cluster_bytes());
    std::string bytes(size_t{geometry_.fat_sectors} * sector_size, '\0');
    unsigned bits = geometry_.bits;
    for (size_t i = 0; i < next.size(); ++i) {
        uint32_t value = bits == 32 ? next[i] : next[i] & ((1U << bits) - 1);
        // Twelve bits begin in the middle of a byte for every second cluster.
        size_t bit = i * bits;
        uint64_t shifted = uint64_t{value} << bit % 8;
        for (size_t at = bit / 8; shifted != 0; ++at, shifted >>= 8)
            bytes[at] = static_cast<char>(bytes[at] | static_cast<char>(shifted & 0xff));
    }
    return bytes;
}

std::string Writer::boot_sectors() const {
    BootSector boot;
    bool wide = geometry_.bits == 32;
    bool small = geometry_.sectors < 65536;
    boot.cluster_sectors = static_cast<unsigned char>(geometry_.cluster_sectors);
    boot.reserved = static_cast<uint16_t>(geometry_.reserved);
    boot.root_entries = static_cast<uint16_t>(geometry_.root_sectors * sector_size / 32);
    boot.sectors_small = static_cast<uint16_t>(small && !wide ? geometry_.sectors : 0);
    boot.fat_sectors_small = static_cast<uint16_t>(wide ? 0 : geometry_.fat_sectors);
    boot.hidden = static_cast<uint32_t>(options_.hidden_sectors);
    boot.sectors = small && !wide ? 0 : geometry_.sectors;
    boot.jump[1] = wide ? 0x58 : 0x3c;
    Fields32 fields;
    fields.fat_sectors = geometry_.fat_sectors;
    Volume volume;
    volume.serial = options_.serial;
    fmt::format("{:<11}", options_.label).copy(volume.label, sizeof volume.label);
    fmt::format("FAT{:<5}", geometry_.bits).copy(volume.type, sizeof volume.type);

    std::string sector(sector_size, '\0');
    size_t at = sizeof boot;
    std::memcpy(sector.data(), &boot, sizeof boot);
    if (wide) {
        std::memcpy(sector.data() + at, &fields, sizeof fields);
        at += sizeof fields;
    }
    std::memcpy(sector.data() + at, &volume, sizeof volume);
    sector.replace(510, 2, "\x55\xaa");
    std::string bytes(size_t{geometry_.reserved} * sector_size, '\0');
    bytes.replace(0, sector_size, sector);
    if (!wide)
        return bytes;
    struct {
        Le<uint32_t> magic = 0x41615252;
        char reserved[480] = {};
        Le<uint32_t> second_magic = 0x61417272;
        Le<uint32_t> free;
        Le<uint32_t> next;
        char more[12] = {};
        Le<uint32_t> end = 0xaa550000;
    } info;
    static_assert(sizeof info == sector_size);
    info.free = geometry_.clusters - used();
    info.next = next_ - 1; // some take it for the last that was given out, and go on behind it
    std::string info_bytes(reinterpret_cast<const char*>(&info), sizeof info);
    for (size_t copy : {size_t{0}, size_t{6}}) {
        bytes.replace(copy * sector_size, sector_size, sector);
        bytes.replace((copy + 1) * sector_size, sector_size, info_bytes);
    }
    return bytes;
}

Fat Writer::write() const {
    uint64_t data_offset = uint64_t{geometry_.data_start()} * sector_size;
    uint64_t root = data_offset - uint64_t{geometry_.root_sectors} * sector_size;
    Fat result{.image = {},
               .bits = geometry_.bits,
               .places = {},
               .tables = uint64_t{geometry_.reserved} * sector_size,
               .root = root,
               .data = data_offset,
               .cluster = geometry_.cluster_bytes()};
    Extents& image = result.image;
    image.add(boot_sectors());
    // Only the part of the tables that is in use takes memory.
    std::string fat = table();
    std::string head = fat.substr(0, fat.find_last_not_of('\0') + 1);
    for (int copy = 0; copy < 2; ++copy) {
        image.add(head);
        image.add_zeros(fat.size() - head.size());
    }
    if (geometry_.bits != 32) {
        image.add(directory_bytes(0));
        image.pad_to(data_offset);
    }
    auto pad_to_cluster = [&] {
        uint64_t bytes = geometry_.cluster_bytes();
        image.pad_to(data_offset + (image.size() - data_offset + bytes - 1) / bytes * bytes);
    };
    for (size_t i = geometry_.bits == 32 ? 0 : 1; i < nodes_.size(); ++i) {
        image.add(directory_bytes(i));
        pad_to_cluster();
    }
    for (const auto& file : files_) {
        result.places.push_back({file.path, image.size()});
        image.add(file.content);
        pad_to_cluster();
    }
    image.pad_to(uint64_t{geometry_.sectors} * sector_size);
    return result;
}

} // namespace

Fat make_fat(const std::vector<FatFile>& files, const FatOptions& options) {
    return Writer(files, options).write();
}

} // namespace coracle
