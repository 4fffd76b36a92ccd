// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/glob.h"

#include <algorithm>

namespace coracle {

namespace {

/// One unit of a pattern that stands for exactly one character: its length, and whether it fits.
struct Unit {
    size_t length;
    bool fits;
};

Unit match_set(std::string_view pattern, char c) {
    size_t i = 1;
    bool inverted = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
    if (inverted)
        ++i;
    bool found = false;
    for (size_t first = i; i < pattern.size() && (pattern[i] != ']' || i == first); ++i) {
        if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
            found = found || (pattern[i] <= c && c <= pattern[i + 2]);
            i += 2;
        } else {
            found = found || pattern[i] == c;
        }
    }
    if (i >= pattern.size())
        return {1, c == '['}; // not closed: an ordinary character
    return {i + 1, found != inverted && c != '/'};
}

Unit match_one(std::string_view pattern, char c) {
    switch (pattern[0]) {
    case '?': return {1, c != '/'};
    case '[': return match_set(pattern, c);
    case '\\':
        if (pattern.size() > 1)
            return {2, pattern[1] == c};
        [[fallthrough]];
    default: return {1, pattern[0] == c};
    }
}

} // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
    // The set of pattern positions that are reached by the text so far.
    std::vector<bool> reached(pattern.size() + 1), next(pattern.size() + 1);
    auto spread = [&](std::vector<bool>& states) {
        for (size_t i = 0; i < pattern.size(); ++i)
            if (states[i] && pattern[i] == '*')
                states[i + 1] = true;
    };
    reached[0] = true;
    spread(reached);
    for (char c : text) {
        std::fill(next.begin(), next.end(), false);
        for (size_t i = 0; i < pattern.size(); ++i) {
            if (!reached[i])
                continue;
            if (pattern[i] == '*') {
                bool twice = (i + 1 < pattern.size() && pattern[i + 1] == '*') ||
                             (i > 0 && pattern[i - 1] == '*');
                if (c != '/' || twice)
                    next[i] = true;
            } else if (auto unit = match_one(pattern.substr(i), c); unit.fits) {
                next[i + unit.length] = true;
            }
        }
        spread(next);
        std::swap(reached, next);
    }
    return reached[pattern.size()];
}

PathGlobs::PathGlobs(const std::vector<std::string>& patterns) {
    for (std::string_view pattern : patterns) {
        while (pattern.starts_with('/'))
            pattern.remove_prefix(1);
        while (pattern.ends_with('/'))
            pattern.remove_suffix(1);
        patterns_.emplace_back(pattern);
    }
}

bool PathGlobs::match(std::string_view path) const {
    return std::ranges::any_of(patterns_, [&](const std::string& pattern) {
        for (size_t end = path.find('/'); end != path.npos; end = path.find('/', end + 1))
            if (glob_match(pattern, path.substr(0, end)))
                return true;
        return glob_match(pattern, path);
    });
}

} // namespace coracle
