// SPDX-License-Identifier: Apache-2.0
#include "init/glob.h"

namespace coracle::guest {

namespace {

/// Matches one character against the pattern element at `at` and moves past the element.
bool matches_one(std::string_view pattern, size_t& at, char c) {
    char element = pattern[at++];
    if (element == '?')
        return true;
    if (element == '\\' && at < pattern.size())
        return pattern[at++] == c;
    if (element != '[')
        return element == c;
    size_t start = at;
    bool inverted = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
    size_t scan = at + (inverted ? 1 : 0);
    bool found = false;
    for (size_t first = scan; scan < pattern.size() && (pattern[scan] != ']' || scan == first);) {
        char low = pattern[scan], high = low;
        if (scan + 2 < pattern.size() && pattern[scan + 1] == '-' && pattern[scan + 2] != ']') {
            high = pattern[scan + 2];
            scan += 2;
        }
        found = found || (low <= c && c <= high);
        ++scan;
    }
    if (scan == pattern.size()) {
        at = start;
        return c == '['; // never closed: an ordinary character
    }
    at = scan + 1;
    return found != inverted;
}

} // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
    constexpr size_t none = std::string_view::npos;
    size_t p = 0, t = 0, star = none, star_text = 0;
    while (t < text.size()) {
        size_t next = p;
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_text = t;
        } else if (p < pattern.size() && matches_one(pattern, next, text[t])) {
            p = next;
            ++t;
        } else if (star != none) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

} // namespace coracle::guest
