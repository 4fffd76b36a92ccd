// SPDX-License-Identifier: Apache-2.0
#include "init/verity.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/on_disk.h"
#include "base/text.h"

namespace coracle::guest {

namespace {

constexpr uint64_t block = 4096;
constexpr size_t root_hash_size = 64;
constexpr uint64_t most_blocks = uint64_t{1} << 40;
constexpr const char* control_path = "/dev/mapper/control";
constexpr const char* device_name = "root";

struct Superblock {
    char signature[8];
    Le<uint32_t> version;
    Le<uint32_t> hash_type;
    char id[16];
    char algorithm[32];
    Le<uint32_t> data_block;
    Le<uint32_t> hash_block;
    Le<uint64_t> data_blocks;
    Le<uint16_t> salt_size;
    char unused[6];
    char salt[256];
    char rest[168];
};
static_assert(sizeof(Superblock) == 512);

/// A request to the device mapper, with room for the line of a table.
struct Request {
    dm_ioctl head{};
    dm_target_spec target{};
    char parameters[1024] = {};

    Request() {
        head.version[0] = DM_VERSION_MAJOR;
        head.data_size = sizeof *this;
        head.data_start = sizeof head;
        head.flags = DM_READONLY_FLAG;
        std::strncpy(head.name, device_name, sizeof head.name - 1);
    }
    void send(int control, unsigned long what, const char* words) {
        if (::ioctl(control, what, this) != 0)
            throw Error::system(errno, words);
    }
};

} // namespace

VeritySuperblock read_verity_superblock(std::string_view bytes) {
    Superblock super;
    if (bytes.size() < sizeof super)
        throw Error("the superblock of the hashes is truncated");
    std::memcpy(&super, bytes.data(), sizeof super);
    if (std::memcmp(super.signature, "verity\0\0", sizeof super.signature) != 0 ||
        super.version != 1 || super.hash_type != 1)
        throw Error("there are no hashes of dm-verity");
    constexpr std::string_view sha256{"sha256\0", 7};
    if (std::string_view(super.algorithm, sizeof super.algorithm).substr(0, sha256.size()) !=
            sha256 ||
        super.data_block != block || super.hash_block != block ||
        super.salt_size > sizeof super.salt || super.data_blocks == 0 ||
        super.data_blocks > most_blocks)
        throw Error("the hashes of dm-verity are of an unknown kind");
    std::string salt = to_hex({super.salt, super.salt_size});
    return {super.data_blocks, salt.empty() ? "-" : salt};
}

bool is_root_hash(std::string_view text) {
    return text.size() == root_hash_size &&
           text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

std::string verity_partition(std::string_view root_hash, unsigned half) {
    std::string text(root_hash.substr(half * root_hash_size / 2, root_hash_size / 2));
    for (size_t at : {20, 16, 12, 8})
        text.insert(at, "-");
    return text;
}

std::string open_verity(const std::string& data, const std::string& hashes,
                        const std::string& root_hash) {
    std::array<char, sizeof(Superblock)> bytes{};
    Fd fd = open_fd(hashes, O_RDONLY);
    size_t count = read_some(fd.get(), bytes.data(), bytes.size(), 0, hashes);
    VeritySuperblock super = read_verity_superblock({bytes.data(), count});

    Fd control = open_fd(control_path, O_RDWR);
    Request create;
    create.send(control.get(), DM_DEV_CREATE, "make a device for the verified root");
    Request table;
    table.head.target_count = 1;
    table.target.length = super.blocks * (block / 512);
    std::strncpy(table.target.target_type, "verity", sizeof table.target.target_type - 1);
    std::string parameters = fmt::format("1 {} {} {} {} {} 1 sha256 {} {}", data, hashes, block,
                                         block, super.blocks, root_hash, super.salt);
    if (parameters.size() >= sizeof table.parameters)
        throw Error("the parameters of dm-verity are too long");
    std::ranges::copy(parameters, table.parameters);
    table.send(control.get(), DM_TABLE_LOAD, "set up dm-verity");
    Request resume;
    resume.send(control.get(), DM_DEV_SUSPEND, "start dm-verity");
    return fmt::format("/dev/dm-{}", minor(create.head.dev));
}

} // namespace coracle::guest
