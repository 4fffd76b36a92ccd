// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace coracle {

/// True when the whole of `text` fits `pattern`: `?` is one character and `*` any number of them
/// but
/// '/', `**` any number of any, `[a-c]` and `[!a-c]` one of (not of) a set, `\` takes the next as
/// it is. Takes time in proportion to the product of both lengths at most.
bool glob_match(std::string_view pattern, std::string_view text);

/// Globs for paths. A pattern that fits a directory also fits all that lies below it; slashes at
/// the front of patterns do not count.
class PathGlobs {
public:
    explicit PathGlobs(const std::vector<std::string>& patterns);
    bool empty() const { return patterns_.empty(); }
    bool match(std::string_view path) const;

private:
    std::vector<std::string> patterns_;
};

} // namespace coracle
