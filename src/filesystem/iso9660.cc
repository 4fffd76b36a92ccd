// SPDX-License-Identifier: Apache-2.0
#include "filesystem/iso9660.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <unistd.h>

#include "base/error.h"
#include "base/on_disk.h"
#include "filesystem/iso9660_boot.h"
#include "filesystem/iso9660_layout.h"

namespace coracle {

namespace {

using namespace iso9660;

constexpr uint64_t first_descriptor = 16;
constexpr char directory_flag = 2;
constexpr char more_extents_flag = '\x80';
constexpr uint64_t disk_multiple = 1 << 20;

std::string padded(std::string_view text, size_t size) {
    std::string result(text.substr(0, size));
    result.resize(size, ' ');
    return result;
}

uint32_t number_of(const std::array<unsigned char, 16>& uuid) {
    Le<uint32_t> number;
    std::memcpy(&number, uuid.data(), sizeof number);
    return number;
}

class IsoWriter {
public:
    IsoWriter(const Tree& tree, int fd, const IsoOptions& options)
        : tree_(tree), options_(options), fd_(fd), sink_(fd, "iso"),
          directories_(plan_directories(tree)), sector_(tree.size()), size_of_(tree.size()) {}
    uint64_t write();

private:
    bool boots() const { return options_.boot.kind != IsoBoot::Kind::none; }
    void place();
    void place_files(uint64_t sector);
    void find_program();
    std::string descriptor() const;
    std::string volume_time() const;
    std::string path_table(bool big_endian) const;
    std::string encode(const Record& record, uint64_t extent) const;
    std::string listing(const Directory& directory) const;
    void pad_to(uint64_t sector) { write_zeros(sink_, sector * sector_size - sink_.position()); }
    void write_front();
    void write_files();
    void patch(std::string_view bytes, uint64_t offset);

    const Tree& tree_;
    const IsoOptions& options_;
    int fd_;
    FileSink sink_;
    std::vector<Directory> directories_;
    std::vector<uint64_t> sector_;  ///< of each node's content
    std::vector<uint64_t> size_of_; ///< of each directory's records
    std::vector<uint32_t> files_;   ///< those with content
    std::string continuations_;
    uint64_t catalog_ = 0;   ///< sector
    uint64_t path_ = 0;      ///< sector of the first path table
    uint64_t path_size_ = 0; ///< bytes
    uint64_t size_ = 0;      ///< of the whole, bytes
    BootProgram program_{};
};

uint64_t IsoWriter::write() {
    place();
    write_front();
    write_files();
    sink_.finish();
    if (options_.boot.kind == IsoBoot::Kind::bios) {
        uint32_t node = *tree_.find(options_.boot.file);
        FileSource content = tree_.content(node);
        patch(with_boot_information(read_all(content), program_.sector),
              program_.sector * sector_size);
    }
    return size_;
}

void IsoWriter::place() {
    // Descriptors: the volume, the boot record, the end.
    uint64_t sector = first_descriptor + (boots() ? 3 : 2);
    if (boots())
        catalog_ = sector++;
    for (const auto& directory : directories_)
        path_size_ += 8 + directory.id.size() + directory.id.size() % 2;
    path_ = sector;
    sector += 2 * sectors(path_size_);
    for (auto& directory : directories_) {
        directory.sector = sector;
        sector_[directory.node] = sector;
        size_of_[directory.node] = directory.size;
        sector += directory.size / sector_size;
    }
    Continuations area(sector);
    for (auto& directory : directories_)
        for (auto& record : directory.records)
            if (!record.outside.empty())
                record.link = area.add(record.outside);
    continuations_ = area.take();
    place_files(sector + continuations_.size() / sector_size);
    if (boots())
        find_program();
}

void IsoWriter::place_files(uint64_t sector) {
    for (uint32_t node : nodes_in_order(tree_)) {
        const TreeNode& what = tree_.at(node);
        if (!what.xattrs.empty())
            options_.reporter->warning(
                "an ISO 9660 cannot hold attributes such as file capabilities: left out");
        if (what.type != EntryType::regular || what.size == 0)
            continue;
        files_.push_back(node);
        sector_[node] = sector;
        sector += sectors(what.size);
    }
    if (sector > UINT32_MAX)
        throw Error("the files are too large for an ISO 9660 of 8 TiB");
    size_ = sector * sector_size;
    if (boots())
        size_ = (size_ + disk_multiple - 1) / disk_multiple * disk_multiple;
}

void IsoWriter::find_program() {
    auto node = tree_.find(options_.boot.file);
    if (!node || tree_.at(*node).type != EntryType::regular)
        throw Error("there is no '{}' to boot", options_.boot.file.str());
    program_ = {options_.boot.kind, sector_[*node], tree_.at(*node).size};
}

/// 17 characters: a day and, so that no two images are the same to Linux, a time of day by the
/// UUID (ECMA-119, 8.4.26.1).
std::string IsoWriter::volume_time() const {
    auto day = static_cast<time_t>(std::max<int64_t>(options_.time, 0));
    tm parts{};
    ::gmtime_r(&day, &parts);
    uint32_t moment = number_of(options_.uuid) % (24 * 60 * 60 * 100);
    return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}{:02}", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, moment / 360000, moment / 6000 % 60,
                       moment / 100 % 60, moment % 100) +
           '\0';
}

std::string IsoWriter::descriptor() const {
    auto size = static_cast<uint32_t>(size_ / sector_size);
    auto big = [](uint32_t value) { return both32(value).substr(4); };
    auto little = [](uint32_t value) { return both32(value).substr(0, 4); };
    auto table = static_cast<uint32_t>(path_);
    auto tables = static_cast<uint32_t>(sectors(path_size_));
    Record root{std::string(1, '\0'), Tree::root};
    std::string none(17, '0');
    none.back() = '\0';
    std::string text = "\1CD001\1";
    text += '\0';
    text += padded("LINUX", 32) + padded(options_.volume, 32) + std::string(8, '\0');
    text += both32(size) + std::string(32, '\0') + both16(1) + both16(1);
    text += both16(static_cast<uint16_t>(sector_size));
    text += both32(static_cast<uint32_t>(path_size_));
    text += little(table) + std::string(4, '\0') + big(table + tables) + std::string(4, '\0');
    text += encode(root, 0);
    text += padded("", 128) + padded("", 128) + padded("", 128) + padded("CORACLE", 128);
    text += padded("", 37 * 3) + volume_time() + volume_time() + none + none + "\1";
    text.resize(sector_size, '\0');
    return text;
}

std::string IsoWriter::path_table(bool big_endian) const {
    std::string text;
    for (const auto& directory : directories_) {
        size_t from = big_endian ? 4 : 0;
        text += static_cast<char>(directory.id.size());
        text += '\0';
        text += both32(static_cast<uint32_t>(directory.sector)).substr(from, 4);
        // 16 bits number the parent; nobody that reads Rock Ridge looks here.
        auto parent = static_cast<uint16_t>(std::min<uint32_t>(directory.parent + 1, UINT16_MAX));
        text += both16(parent).substr(from / 2, 2);
        text += directory.id;
        text.append(directory.id.size() % 2, '\0');
    }
    text.resize(sectors(path_size_) * sector_size, '\0');
    return text;
}

/// A record for one of the extents of its content, without what links it to the outside.
std::string IsoWriter::encode(const Record& record, uint64_t extent) const {
    const TreeNode& what = tree_.at(record.node);
    uint64_t begin = extent * most_extent;
    uint64_t size = 0;
    if (what.is_directory())
        size = size_of_[record.node];
    else if (what.type == EntryType::regular)
        size = std::min(most_extent, what.size - begin);
    bool more = what.type == EntryType::regular && begin + size < what.size;
    uint64_t sector = sector_[record.node] + begin / sector_size;
    std::string text(1, static_cast<char>(record.size()));
    text += '\0';
    text += both32(static_cast<uint32_t>(sector)) + both32(static_cast<uint32_t>(size));
    text += short_time(what.mtime);
    text += what.is_directory() ? directory_flag : more ? more_extents_flag : '\0';
    text.append(2, '\0');
    text += both16(1);
    text += static_cast<char>(record.id.size());
    text += record.id;
    if (record.id.size() % 2 == 0)
        text += '\0';
    text += record.inside + record.link;
    text.resize(record.size(), '\0');
    return text;
}

std::string IsoWriter::listing(const Directory& directory) const {
    std::string text;
    for (const auto& record : directory.records)
        for (uint64_t extent = 0; extent < extents_of(tree_.at(record.node)); ++extent) {
            std::string bytes = encode(record, extent);
            if (text.size() % sector_size + bytes.size() > sector_size)
                text.resize(sectors(text.size()) * sector_size, '\0');
            text += bytes;
        }
    text.resize(directory.size, '\0');
    return text;
}

/// All that comes before the files.
void IsoWriter::write_front() {
    std::string system_area(first_descriptor * sector_size, '\0');
    if (boots()) {
        std::string mbr = hybrid_mbr(program_, options_.boot.disk_code,
                                     std::max(number_of(options_.uuid), 1U), size_);
        system_area.replace(0, mbr.size(), mbr);
    }
    sink_.write(system_area);
    sink_.write(descriptor());
    if (boots())
        sink_.write(boot_record(catalog_));
    std::string end = "\xff"
                      "CD001\1";
    end.resize(sector_size, '\0');
    sink_.write(end);
    if (boots())
        sink_.write(boot_catalog(program_));
    sink_.write(path_table(false));
    sink_.write(path_table(true));
    for (const auto& directory : directories_)
        sink_.write(listing(directory));
    sink_.write(continuations_);
}

void IsoWriter::write_files() {
    for (uint32_t node : files_) {
        const TreeNode& what = tree_.at(node);
        pad_to(sector_[node]);
        sink_.write_file(what.content_fd, what.content_offset, what.size);
    }
    pad_to(size_ / sector_size);
}

void IsoWriter::patch(std::string_view bytes, uint64_t offset) {
    if (::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)) !=
        static_cast<ssize_t>(bytes.size()))
        throw Error::system(errno, "write the ISO");
}

} // namespace

uint64_t write_iso9660(const Tree& tree, int fd, const IsoOptions& options) {
    return IsoWriter(tree, fd, options).write();
}

} // namespace coracle
