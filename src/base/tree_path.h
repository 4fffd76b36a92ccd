// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace coracle {

/// A name inside a tree, which cannot leave it: relative, '/' between components, no empty, "." or
/// ".." component, no NUL, components of at most 255 and a whole of at most 4095 bytes. The root is
/// "".
class TreePath {
public:
    TreePath() = default;
    /// Normalises a name as archives write it: leading "/" and "./", doubled and trailing slashes
    /// go. Throws Error for "..", NUL and what is too long. Any other byte is allowed, also
    /// non-UTF-8.
    explicit TreePath(std::string_view name);

    const std::string& str() const { return text_; }
    bool is_root() const { return text_.empty(); }
    /// The last component; "" for the root.
    std::string_view name() const;
    /// The directory that holds it; the root is its own parent.
    TreePath parent() const;
    TreePath operator/(std::string_view below) const;
    TreePath operator/(const TreePath& below) const;
    /// True for the path itself and for all that lies below it.
    bool contains(const TreePath& other) const;

    friend auto operator<=>(const TreePath&, const TreePath&) = default;
    friend bool operator==(const TreePath&, const TreePath&) = default;

private:
    std::string text_;
};

} // namespace coracle

template <>
struct std::hash<coracle::TreePath> {
    size_t operator()(const coracle::TreePath& path) const {
        return std::hash<std::string>{}(path.str());
    }
};
