// SPDX-License-Identifier: Apache-2.0
#include "init/gpt.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/on_disk.h"
#include "base/text.h"

namespace coracle::guest {

namespace {

struct Header {
    char magic[8];
    Le<uint32_t> revision;
    Le<uint32_t> size;
    Le<uint32_t> crc;
    Le<uint32_t> reserved;
    Le<uint64_t> self;
    Le<uint64_t> other;
    Le<uint64_t> first_usable;
    Le<uint64_t> last_usable;
    char disk[16];
    Le<uint64_t> entries;
    Le<uint32_t> count;
    Le<uint32_t> entry_size;
    Le<uint32_t> entries_crc;
};
static_assert(sizeof(Header) == 92);

struct Entry {
    char type[16];
    char id[16];
    Le<uint64_t> first;
    Le<uint64_t> last;
    Le<uint64_t> attributes;
};
static_assert(sizeof(Entry) == 56);

constexpr uint32_t most_partitions = 256;
constexpr uint32_t least_entry_size = 128;
constexpr uint32_t most_entry_size = 4096;
constexpr uint64_t alignment = 1 << 20; // of the ends of partitions, in bytes
constexpr uint64_t home = 2;            // the sector of the first table's entries, usually

template <class T>
T from_bytes(std::string_view bytes) {
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

/// As the text has it: the first three fields are little-endian on disk.
std::string guid_text(std::string_view bytes) {
    constexpr size_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    std::string text;
    for (size_t i : order) {
        if (text.size() == 8 || text.size() == 13 || text.size() == 18 || text.size() == 23)
            text += '-';
        text += to_hex(bytes.substr(i, 1));
    }
    return text;
}

uint32_t crc_of(std::string_view bytes) {
    uint32_t crc = ~uint32_t{0};
    for (unsigned char byte : bytes) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
    return ~crc;
}

std::optional<Header> read_header(std::string_view bytes) {
    if (bytes.size() < sizeof(Header))
        return std::nullopt;
    auto header = from_bytes<Header>(bytes);
    if (std::memcmp(header.magic, "EFI PART", sizeof header.magic) != 0 ||
        header.count > most_partitions || header.entry_size < least_entry_size ||
        header.entry_size > most_entry_size || header.entries > UINT32_MAX)
        return std::nullopt;
    return header;
}

std::vector<GptPartition> partitions_in(std::string_view entries, size_t entry_size) {
    std::vector<GptPartition> list;
    for (unsigned i = 0; (i + 1) * entry_size <= entries.size(); ++i) {
        auto entry = from_bytes<Entry>(entries.substr(i * entry_size, entry_size));
        std::string_view type(entry.type, sizeof entry.type), id(entry.id, sizeof entry.id);
        if (type.find_first_not_of('\0') != type.npos)
            list.push_back(
                {i + 1, guid_text(type), guid_text(id), entry.first, entry.last, entry.attributes});
    }
    return list;
}

/// The first table of a disk, to be changed.
class Table {
public:
    explicit Table(const WritableDisk& disk)
        : disk_(disk), sector_(disk.read(disk.sector, disk.sector)) {
        auto header = read_header(sector_);
        if (!header || sector_.size() < disk.sector || header->size < sizeof(Header) ||
            header->size > disk.sector || header->self != 1)
            throw Error("the disk has no partition table");
        header_ = *header;
        size_t size = header_.count * size_t{header_.entry_size};
        entries_ = disk.read(header_.entries * disk.sector, size);
        if (header_crc(header_) != header_.crc || entries_.size() < size ||
            crc_of(entries_) != header_.entries_crc)
            throw Error("the partition table is damaged");
        entry_sectors_ = (size + disk.sector - 1) / disk.sector;
        partitions_ = partitions_in(entries_, header_.entry_size);
    }

    /// Does what grow_partition() does.
    std::optional<PartitionPlace> grow(unsigned number) {
        auto chosen = std::ranges::find(partitions_, number, &GptPartition::number);
        if (chosen == partitions_.end() || (chosen->attributes & gpt_grow) == 0 || !has_room())
            return std::nullopt;
        bool last = std::ranges::none_of(
            partitions_, [&](const auto& other) { return other.first > chosen->first; });
        const uint64_t end = disk_.size / disk_.sector - 1;
        const uint64_t usable = end - entry_sectors_ - 1;
        const uint64_t step = alignment / disk_.sector;
        const uint64_t wanted = (usable + 1) / step * step - 1;
        bool interrupted = header_.entries != home;
        if (!last || chosen->last > wanted || (chosen->last == wanted && !interrupted))
            return std::nullopt;
        auto place = entries_.begin() + static_cast<ptrdiff_t>((number - 1) * header_.entry_size);
        auto entry = from_bytes<Entry>({&*place, sizeof(Entry)});
        entry.last = wanted;
        std::memcpy(&*place, &entry, sizeof entry);
        header_.last_usable = usable;
        header_.other = end;
        header_.first_usable = std::max<uint64_t>(header_.first_usable, spare() + entry_sectors_);
        write(end);
        return PartitionPlace{chosen->first * disk_.sector,
                              (wanted + 1 - chosen->first) * disk_.sector};
    }

private:
    /// A second place for the entries of the first table.
    uint64_t spare() const { return home + entry_sectors_; }

    bool has_room() const {
        bool before = std::ranges::all_of(partitions_, [&](const auto& partition) {
            return partition.first >= spare() + entry_sectors_;
        });
        return before && disk_.size / disk_.sector > 2 * (spare() + entry_sectors_) &&
               (header_.entries == home || header_.entries == spare());
    }

    uint32_t header_crc(Header header) const {
        header.crc = 0;
        std::string bytes = sector_.substr(0, header.size);
        std::memcpy(bytes.data(), &header, sizeof header);
        return crc_of(bytes);
    }

    void write_header(Header header) {
        header.entries_crc = crc_of(entries_);
        header.crc = header_crc(header);
        std::memcpy(sector_.data(), &header, sizeof header);
        disk_.write(header.self * disk_.sector, sector_);
    }

    /// The new backup lies where nothing was. Then the entries of the first table are written to
    /// where none are, and the header, one sector, makes them valid: until all is as usual.
    void write(uint64_t end) {
        Header backup = header_;
        backup.self = end;
        backup.other = 1;
        backup.entries = end - entry_sectors_;
        disk_.write(backup.entries * disk_.sector, entries_);
        write_header(backup);
        write_protection(end);
        do {
            header_.entries = header_.entries == home ? spare() : home;
            disk_.write(header_.entries * disk_.sector, entries_);
            write_header(header_);
        } while (header_.entries != home);
    }

    /// The size of the one partition that those see who know no GPT.
    void write_protection(uint64_t end) {
        std::string mbr = disk_.read(0, disk_.sector);
        constexpr size_t type = 446 + 4, size = 446 + 12;
        if (mbr.size() < 512 || static_cast<unsigned char>(mbr[type]) != 0xee)
            return;
        Le<uint32_t> sectors = static_cast<uint32_t>(std::min<uint64_t>(end, UINT32_MAX));
        std::memcpy(mbr.data() + size, &sectors, sizeof sectors);
        disk_.write(0, mbr);
    }

    const WritableDisk& disk_;
    std::string sector_;
    Header header_;
    std::string entries_;
    uint64_t entry_sectors_ = 0;
    std::vector<GptPartition> partitions_;
};

} // namespace

std::vector<GptPartition> gpt_partitions(const ReadDisk& read, uint64_t sector) {
    auto header = read_header(read(sector, sizeof(Header)));
    if (!header)
        return {};
    size_t size = header->count * size_t{header->entry_size};
    return partitions_in(read(header->entries * sector, size), header->entry_size);
}

std::optional<PartitionPlace> grow_partition(const WritableDisk& disk, unsigned number) {
    return Table(disk).grow(number);
}

} // namespace coracle::guest
