// SPDX-License-Identifier: Apache-2.0
#include "init/partitions.h"

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/on_disk.h"
#include "base/text.h"
#include "common/directory.h"

namespace coracle::guest {

namespace {

constexpr size_t mbr_size = 512;

bool same(std::string_view one, std::string_view other) {
    return one.size() == other.size() && ::strncasecmp(one.data(), other.data(), one.size()) == 0;
}

std::optional<unsigned> number_in_gpt(const ReadDisk& read, uint64_t sector, std::string_view id) {
    for (const auto& partition : gpt_partitions(read, sector))
        if (same(partition.id, id))
            return partition.number;
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

std::string folder_of(const std::string& disk) { return "/sys/class/block/" + disk; }

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

ReadDisk reader_of(const Fd& fd) {
    return [&fd](uint64_t offset, size_t size) { return read_device(fd.get(), offset, size); };
}

std::optional<std::string> numbered_partition(const std::string& disk, unsigned number) {
    for (const auto& name : names_in(folder_of(disk)))
        if (number_in(folder_of(disk) + "/" + name + "/partition") == fmt::format("{}", number))
            return "/dev/" + name;
    return std::nullopt;
}

uint64_t sector_size(const std::string& disk) {
    return parse_number(number_in(folder_of(disk) + "/queue/logical_block_size")).value_or(512);
}

std::optional<std::string> partition_of(const std::string& disk, std::string_view id) {
    Fd fd(::open(("/dev/" + disk).c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        return std::nullopt;
    auto number = partition_number(reader_of(fd), sector_size(disk), id);
    return number ? numbered_partition(disk, *number) : std::nullopt;
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

std::string disk_of(const std::string& device) {
    std::string name = device.substr(device.rfind('/') + 1);
    if (!exists(folder_of(name) + "/partition"))
        return name;
    std::array<char, PATH_MAX> link{};
    ssize_t size = ::readlink(folder_of(name).c_str(), link.data(), link.size());
    if (size <= 0)
        throw Error::system(errno, fmt::format("find the disk of '{}'", device));
    // ".../block/vda/vda2"
    std::string path(link.data(), static_cast<size_t>(size));
    path.resize(path.rfind('/'));
    return path.substr(path.rfind('/') + 1);
}

std::optional<FoundPartition> partition_of_type(const std::string& disk, std::string_view type) {
    Fd fd = open_fd("/dev/" + disk, O_RDONLY);
    for (const auto& partition : gpt_partitions(reader_of(fd), sector_size(disk)))
        if (same(partition.type, type))
            if (auto device = numbered_partition(disk, partition.number))
                return FoundPartition{*device, partition};
    return std::nullopt;
}

bool grow_partition(const std::string& disk, unsigned number) {
    Fd fd = open_fd("/dev/" + disk, O_RDWR);
    uint64_t size = 0;
    if (::ioctl(fd.get(), BLKGETSIZE64, &size) != 0)
        throw Error::system(errno, fmt::format("find the size of {}", disk));
    auto write = [&](uint64_t offset, std::string_view bytes) {
        while (!bytes.empty()) {
            ssize_t count =
                ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (count < 0)
                throw Error::system(errno, fmt::format("write the partition table of {}", disk));
            offset += static_cast<uint64_t>(count);
            bytes.remove_prefix(static_cast<size_t>(count));
        }
        if (::fsync(fd.get()) != 0)
            throw Error::system(errno, fmt::format("write the partition table of {}", disk));
    };
    auto place = grow_partition({reader_of(fd), write, size, sector_size(disk)}, number);
    if (!place)
        return false;
    blkpg_partition partition{};
    partition.start = static_cast<long long>(place->start);
    partition.length = static_cast<long long>(place->size);
    partition.pno = static_cast<int>(number);
    blkpg_ioctl_arg argument{BLKPG_RESIZE_PARTITION, 0, sizeof partition, &partition};
    if (::ioctl(fd.get(), BLKPG, &argument) != 0)
        throw Error::system(errno,
                            fmt::format("tell the kernel of the larger partition {}", number));
    return true;
}

} // namespace coracle::guest
