// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unordered_map>

#include "archive/entry.h"
#include "io/sink.h"

namespace coracle {

/// Writes the "newc" cpio of an initramfs (Linux
/// Documentation/driver-api/early-userspace/buffer-format). A hard link is a second name with the
/// inode of the first and no content. Files of 4 GiB and more are an Error: the format cannot hold
/// them. xattrs are not in the format.
class CpioWriter : public EntrySink {
public:
    /// `device` keeps inodes of different segments in one archive apart. finish() writes the
    /// trailer and finishes `sink`; without it the sink holds a segment, a multiple of four bytes.
    explicit CpioWriter(Sink& sink, uint64_t device = 0) : sink_(sink), device_(device) {}
    using EntrySink::add;
    void add(const Entry& entry, Source& content) override;
    void finish() override;

private:
    struct Header;
    void put(const Header& header, std::string_view name);

    Sink& sink_;
    uint64_t device_;
    uint32_t next_inode_ = 1;
    /// First names of files with more than one, to their inodes.
    std::unordered_map<std::string, uint32_t> shared_;
};

} // namespace coracle
