// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace coracle {

/// One directory of a FAT file system under construction: its entries, long names and all.
class FatDirectory {
public:
    /// `time`: seconds since 1970, UTC, of all entries.
    explicit FatDirectory(int64_t time) : time_(time) {}

    void add_label(std::string_view label);
    void add_dot(std::string_view name, uint32_t cluster);
    void add_file(std::string_view name, uint32_t cluster, uint32_t size);
    void add_directory(std::string_view name, uint32_t cluster);

    const std::string& bytes() const { return bytes_; }

private:
    void add(std::string_view name, unsigned char attributes, uint32_t cluster, uint32_t size);
    void put(std::string_view short_name, unsigned char attributes, unsigned char case_flags,
             uint32_t cluster, uint32_t size);
    std::string alias_for(std::string_view name);

    int64_t time_;
    std::string bytes_;
    std::set<std::string> shorts_;
    std::map<std::string, unsigned> numbers_; ///< the last of each alias of NAME~1.EXT
    std::set<std::u16string> names_;          ///< folded
};

/// A name in UTF-16. Throws for what is not UTF-8, too long, or has characters that FAT has not.
std::u16string fat_name(std::string_view name);
/// Two names with the same folded form are the same to FAT.
std::u16string fold_case(std::u16string name);

} // namespace coracle
