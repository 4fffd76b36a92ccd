// SPDX-License-Identifier: Apache-2.0
#include "disk/verity.h"

#include <algorithm>
#include <future>
#include <memory>
#include <vector>

#include <openssl/evp.h>

#include "base/error.h"
#include "base/on_disk.h"
#include "base/text.h"
#include "disk/bytes_of.h"
#include "disk/guid.h"
#include "io/hash.h"

namespace coracle {

namespace {

constexpr uint64_t block = 4096;
constexpr size_t digest = 32;
constexpr uint64_t portion = 1024 * block; ///< what one thread hashes at a time

struct Superblock {
    char signature[8] = {'v', 'e', 'r', 'i', 't', 'y', '\0', '\0'};
    Le<uint32_t> version = 1;
    Le<uint32_t> hash_type = 1;
    std::array<unsigned char, 16> id{};
    char algorithm[32] = "sha256";
    Le<uint32_t> data_block = block;
    Le<uint32_t> hash_block = block;
    Le<uint64_t> data_blocks;
    Le<uint16_t> salt_size = digest;
    char unused[6] = {};
    char salt[256] = {};
    char rest[168] = {};
};
static_assert(sizeof(Superblock) == 512);

/// SHA-256 of a salt and one block, again and again.
class BlockHasher {
public:
    explicit BlockHasher(std::string_view salt)
        : salted_(::EVP_MD_CTX_new()), running_(::EVP_MD_CTX_new()) {
        if (!salted_ || !running_ ||
            ::EVP_DigestInit_ex(salted_.get(), ::EVP_sha256(), nullptr) != 1 ||
            ::EVP_DigestUpdate(salted_.get(), salt.data(), salt.size()) != 1)
            throw Error("cannot compute a hash");
    }
    void append_hash(std::string_view bytes, std::string& to) {
        unsigned char result[digest];
        if (::EVP_MD_CTX_copy_ex(running_.get(), salted_.get()) != 1 ||
            ::EVP_DigestUpdate(running_.get(), bytes.data(), bytes.size()) != 1 ||
            ::EVP_DigestFinal_ex(running_.get(), result, nullptr) != 1)
            throw Error("cannot compute a hash");
        to.append(reinterpret_cast<const char*>(result), sizeof result);
    }

private:
    struct Free {
        void operator()(EVP_MD_CTX* context) const { ::EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> salted_;
    std::unique_ptr<EVP_MD_CTX, Free> running_;
};

/// The hashes of all blocks, padded to whole blocks.
std::string hash_blocks(const Extents& data, const std::string& salt, ThreadPool& pool) {
    std::vector<std::future<std::string>> futures;
    for (uint64_t from = 0; from < data.size(); from += portion)
        futures.push_back(pool.submit([&data, &salt, from] {
            std::string bytes(std::min(portion, data.size() - from), '\0');
            data.read_at(from, bytes);
            BlockHasher hasher(salt);
            std::string hashes;
            for (size_t at = 0; at < bytes.size(); at += block)
                hasher.append_hash(std::string_view(bytes).substr(at, block), hashes);
            return hashes;
        }));
    // The tasks refer to what is the caller's: all end before an error leaves.
    for (auto& future : futures)
        future.wait();
    std::string level;
    for (auto& future : futures)
        level += future.get();
    level.resize((level.size() + block - 1) / block * block);
    return level;
}

std::string from_hex(std::string_view hex) {
    std::string bytes;
    for (size_t i = 0; i < hex.size(); i += 2)
        bytes += static_cast<char>(parse_number(hex.substr(i, 2), 16).value());
    return bytes;
}

} // namespace

VerityTree make_verity_tree(const Extents& data, const std::string& identity, ThreadPool& pool) {
    if (data.size() % block != 0 || data.size() < 2 * block)
        throw Error("what is to be verified has {} bytes, which is no number of blocks",
                    data.size());
    std::string salt = from_hex(sha256_hex("verity salt " + identity));
    std::vector<std::string> levels = {hash_blocks(data, salt, pool)};
    while (levels.back().size() > block)
        levels.push_back(hash_blocks(Extents(levels.back()), salt, pool));
    std::string root;
    BlockHasher(salt).append_hash(levels.back(), root);

    Superblock super;
    super.id = Guid::derive("verity " + identity).in_order();
    super.data_blocks = data.size() / block;
    salt.copy(super.salt, sizeof super.salt);
    VerityTree tree;
    tree.hashes.add(bytes_of(super));
    tree.hashes.pad_to(block);
    std::ranges::reverse(levels); // the root comes first
    for (auto& level : levels)
        tree.hashes.add(std::move(level));
    tree.root_hash = to_hex(root);
    return tree;
}

} // namespace coracle
