// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace coracle::iso9660 {

/// The names of one directory as ISO 9660 has them (ECMA-119, 7.5 and 7.6, level 2): upper-case
/// letters, digits and '_', at most 30 of them. Names that would be the same are told apart by a
/// number at their end. Rock Ridge has the real ones.
class IsoNames {
public:
    std::string file(std::string_view name);      ///< "KERNEL.;1", "INITRD.IMG;1"
    std::string directory(std::string_view name); ///< "ISOLINUX"

private:
    std::string unique(std::string base, const std::string& extension);

    std::unordered_set<std::string> used_;
    /// Of names that were wanted more than once: the number to try next.
    std::unordered_map<std::string, unsigned> next_;
};

} // namespace coracle::iso9660
