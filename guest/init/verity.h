// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace coracle::guest {

/// What the superblock before a hash tree says (as veritysetup writes it).
struct VeritySuperblock {
    uint64_t blocks;  ///< of data, 4096 bytes each
    std::string salt; ///< in hexadecimal; "-" = none
};
/// Throws Error for what is not the superblock of a tree of SHA-256 over blocks of 4096 bytes.
VeritySuperblock read_verity_superblock(std::string_view bytes);

/// True for a SHA-256 in hexadecimal.
bool is_root_hash(std::string_view text);

/// The partition GUID that the Discoverable Partitions Specification gives to data (`half` 0) and
/// hashes (1) of this root hash.
std::string verity_partition(std::string_view root_hash, unsigned half);

/// Makes a device whose blocks are those of the device `data`, each verified by the hashes on the
/// device `hashes` when it is read: a wrong one is an I/O error. Returns its path.
std::string open_verity(const std::string& data, const std::string& hashes,
                        const std::string& root_hash);

} // namespace coracle::guest
