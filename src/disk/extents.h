// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/sink.h"
#include "io/source.h"

namespace coracle {

/// The bytes of a file or a disk that does not exist yet: parts one after another, each in memory,
/// in an open file, or zeros. It is put together without a byte of a file being copied, can be read
/// at any place, and is written once, into what it becomes.
class Extents {
public:
    struct Part {
        uint64_t offset; ///< where it begins in the whole
        uint64_t size;
        int fd = -1;            ///< >= 0: bytes of this file, from `from` on
        uint64_t from = 0;      ///< with fd
        std::string bytes = {}; ///< without fd; empty: zeros
        bool is_zeros() const { return fd < 0 && bytes.empty(); }
    };

    Extents() = default;
    explicit Extents(std::string bytes) { add(std::move(bytes)); }

    void add(std::string bytes);
    /// The file must stay open, and as it is, as long as this or a copy of it is used.
    void add_file(int fd, uint64_t from, uint64_t size);
    /// As add_file(), for a whole file, whose holes become zeros.
    void add_sparse_file(int fd, uint64_t size);
    void add_zeros(uint64_t count);
    void add(const Extents& other);
    /// Zeros up to `offset`, which is not before the end.
    void pad_to(uint64_t offset);
    /// Zeros up to the next multiple.
    void align(uint64_t multiple) { pad_to((size_ + multiple - 1) / multiple * multiple); }

    uint64_t size() const { return size_; }
    const std::vector<Part>& parts() const { return parts_; }
    /// The bytes from `offset` to `offset + size`, by reference where they are in files.
    Extents slice(uint64_t offset, uint64_t size) const;
    /// A run of bytes.
    struct Run {
        uint64_t offset;
        uint64_t size;
    };
    /// Where there is more than zeros, in multiples of `granule` that do not touch; the last may go
    /// beyond the end. Bytes in memory are looked at, files are not.
    std::vector<Run> data_runs(uint64_t granule) const;
    /// True where nothing but parts of zeros lie.
    bool is_hole(uint64_t offset, uint64_t size) const;
    /// Fills `buffer`; behind the end are zeros.
    void read_at(uint64_t offset, std::span<char> buffer) const;
    std::string read_all() const;
    /// Writes all of it.
    void write_to(Sink& sink) const;

private:
    std::vector<Part>::const_iterator part_at(uint64_t offset) const;

    std::vector<Part> parts_;
    uint64_t size_ = 0;
};

/// Reads extents from the front.
class ExtentsSource : public Source {
public:
    /// `extents` must outlive it.
    explicit ExtentsSource(const Extents& extents) : extents_(extents) {}
    size_t read(std::span<char> buffer) override;

private:
    const Extents& extents_;
    uint64_t offset_ = 0;
};

/// True when all bytes are zero.
bool is_zero(std::span<const char> bytes);

} // namespace coracle
