// SPDX-License-Identifier: Apache-2.0
#include "init/partitions.h"

#include <algorithm>
#include <cstring>

#include <fcntl.h>
#include <strings.h>

#include <fmt/format.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/on_disk.h"
#include "base/text.h"
#include "common/directory.h"

namespace coracle::guest {

namespace {

struct GptHeader {
    char magic[8];
    char unused[64];
    Le<uint64_t> entries;
    Le<uint32_t> count;
    Le<uint32_t> entry_size;
};
static_assert(sizeof(GptHeader) == 88);

constexpr size_t id_offset = 16;
constexpr uint32_t most_partitions = 256;
constexpr uint32_t most_entry_size = 4096;
constexpr size_t mbr_size = 512;

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

bool same(std::string_view one, std::string_view other) {
    return one.size() == other.size() && ::strncasecmp(one.data(), other.data(), one.size()) == 0;
}

std::optional<unsigned> number_in_gpt(const ReadDisk& read, uint64_t sector, std::string_view id) {
    std::string bytes = read(sector, sizeof(GptHeader));
    GptHeader header;
    if (bytes.size() < sizeof header)
        return std::nullopt;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (std::memcmp(header.magic, "EFI PART", sizeof header.magic) != 0 ||
        header.count > most_partitions || header.entry_size < 128 ||
        header.entry_size > most_entry_size || header.entries > UINT32_MAX)
        return std::nullopt;
    size_t entry_size = header.entry_size;
    std::string entries = read(header.entries * sector, header.count * entry_size);
    for (unsigned i = 0; (i + 1) * entry_size <= entries.size(); ++i) {
        auto entry = std::string_view(entries).substr(i * entry_size, entry_size);
        bool used = entry.substr(0, 16).find_first_not_of('\0') != entry.npos;
        if (used && same(guid_text(entry.substr(id_offset, 16)), id))
            return i + 1;
    }
    return std::nullopt;
}

/// "SIGNATURE-NN", as the kernel calls them.
std::optional<unsigned> number_in_mbr(const ReadDisk& read, std::string_view id) {
    std::string bytes = read(0, mbr_size);
    if (bytes.size() < mbr_size || bytes.substr(510) != "\x55\xaa" || id.size() != 11 ||
        id[8] != '-')
        return std::nullopt;
    Le<uint32_t> signature;
    std::memcpy(&signature, bytes.data() + 440, sizeof signature);
    auto number = parse_number(id.substr(9), 16);
    if (!number || *number == 0 ||
        !same(fmt::format("{:08x}", uint32_t{signature}), id.substr(0, 8)))
        return std::nullopt;
    return static_cast<unsigned>(*number);
}

std::string number_in(const std::string& path) {
    return std::string(trim(read_file_if_present(path).value_or("")));
}

std::string read_device(int fd, uint64_t offset, size_t size) {
    std::string bytes(size, '\0');
    size_t done = 0;
    while (done < size) {
        size_t count = read_some(fd, bytes.data() + done, size - done,
                                 static_cast<off_t>(offset + done), "disk");
        if (count == 0)
            break;
        done += count;
    }
    bytes.resize(done);
    return bytes;
}

std::optional<std::string> partition_of(const std::string& disk, std::string_view id) {
    Fd fd(::open(("/dev/" + disk).c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        return std::nullopt;
    std::string folder = "/sys/class/block/" + disk;
    uint64_t sector = parse_number(number_in(folder + "/queue/logical_block_size")).value_or(512);
    auto number = partition_number(
        [&](uint64_t offset, size_t size) { return read_device(fd.get(), offset, size); }, sector,
        id);
    if (!number)
        return std::nullopt;
    for (const auto& name : names_in(folder))
        if (number_in(folder + "/" + name + "/partition") == fmt::format("{}", *number))
            return "/dev/" + name;
    return std::nullopt;
}

} // namespace

std::optional<unsigned> partition_number(const ReadDisk& read, uint64_t sector,
                                         std::string_view id) {
    if (auto number = number_in_gpt(read, sector, id))
        return number;
    return number_in_mbr(read, id);
}

std::optional<std::string> find_partition(std::string_view id) {
    for (const auto& name : names_in("/sys/class/block")) {
        if (exists("/sys/class/block/" + name + "/partition"))
            continue;
        try {
            if (auto found = partition_of(name, id))
                return found;
        } catch (const std::exception&) {
            // A disk that cannot be read is not the one.
        }
    }
    return std::nullopt;
}

} // namespace coracle::guest
