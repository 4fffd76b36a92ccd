// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace coracle {

/// Where bytes lie in an open file.
struct FilePlace {
    int fd;
    uint64_t offset;
};

/// Bytes that are pulled, once, from the front to the end.
class Source {
public:
    virtual ~Source() = default;
    /// Where what is left lies as it is, for those who need not read it now. The descriptor is the
    /// source's; nullopt when there is no such file, or one that may change.
    virtual std::optional<FilePlace> place() const { return std::nullopt; }
    /// Drops up to `count` bytes; returns how many there were.
    virtual uint64_t pass(uint64_t count);
    /// Fills the front of `buffer` (not empty) and returns how many bytes that were; 0 only at the
    /// end.
    virtual size_t read(std::span<char> buffer) = 0;
};

/// Fills `buffer` whole, or as far as the source goes; returns how far.
size_t read_full(Source& source, std::span<char> buffer);

/// As read_full, but throws Error("WHAT is truncated") when the source ends early.
void read_exactly(Source& source, std::span<char> buffer, const char* what);

/// All that is left. Throws when that is more than `limit` bytes.
std::string read_all(Source& source, uint64_t limit = 64 << 20);

/// Reads and drops up to `count` bytes; returns how many there were.
uint64_t skip(Source& source, uint64_t count = UINT64_MAX);

} // namespace coracle
