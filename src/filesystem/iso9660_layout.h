// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "archive/tree.h"
#include "filesystem/rock_ridge.h"

namespace coracle::iso9660 {

constexpr uint64_t sector_size = 2048;
constexpr uint64_t sectors(uint64_t size) { return (size + sector_size - 1) / sector_size; }
/// The most bytes that one extent of a file has here: whole sectors.
constexpr uint64_t most_extent = (uint64_t{4} << 30) - sector_size;

/// One name in a directory: all but where its content lies.
struct Record {
    std::string id;
    uint32_t node;
    std::string inside = {}; ///< fields in the record
    Fields outside = {};     ///< fields for which there is no room in it
    std::string link = {};   ///< to these, once they have a place

    /// In bytes; even.
    size_t size() const;
};

struct Directory {
    uint32_t node;
    uint32_t parent; ///< index of its directory
    std::string id;
    std::vector<Record> records = {}; ///< its own, its parent's, then by name
    uint64_t size = 0;                ///< bytes, whole sectors
    uint64_t sector = 0;
};

/// How many extents a node's content has.
uint64_t extents_of(const TreeNode& node);

/// All directories, a parent before its children, as the path table wants them.
std::vector<Directory> plan_directories(const Tree& tree);

/// The area in which records go on that have no room.
class Continuations {
public:
    /// It begins at `sector`.
    explicit Continuations(uint64_t sector) : sector_(sector) {}
    /// Takes what is outside of a record; returns the field that leads there.
    std::string add(const Fields& fields);
    /// All of it, whole sectors.
    std::string take();

private:
    uint64_t allocate(size_t size);
    std::string link_to(uint64_t at, size_t size) const;

    uint64_t sector_;
    std::string text_;
};

} // namespace coracle::iso9660
