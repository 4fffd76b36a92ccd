// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "archive/entry.h"

namespace coracle {

/// What a cpio archive may hold before it is refused.
struct CpioLimits {
    uint64_t entries = 4'000'000;
    uint64_t bytes = uint64_t{64} << 30;    ///< sum of the sizes
    uint64_t name_bytes = 512 << 20;        ///< of all names and link targets together
    uint64_t unpacked = uint64_t{68} << 30; ///< of a compressed part: archive, padding and all
};

/// Reads an initramfs (Linux Documentation/driver-api/early-userspace/buffer-format): "newc"
/// archives (magic 070701 and 070702) one after the other, with zeros between them, and after
/// uncompressed ones at most one compressed stream (gzip, zstd, xz, lz4) of more of them. A plain
/// cpio is the simplest case.
///
/// Names with the same device and inode number are hard links. Where the content comes with a later
/// name, as cpio(1) writes it, the earlier ones are given after that as hard links to it.
///
/// Refuses: names that leave the tree, numbers that are not hexadecimal, a content that comes
/// twice, a wrong checksum in 070702, a truncated end, bytes that are none of the above.
class CpioReader : public EntrySource {
public:
    explicit CpioReader(Source& source, CpioLimits limits = {});
    ~CpioReader() override;
    std::optional<Entry> next() override;
    Source& content() override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// True for bytes that a cpio archive of the kinds above begins with.
bool looks_like_cpio(std::string_view head);

} // namespace coracle
