// SPDX-License-Identifier: Apache-2.0
#include "base/tree_path.h"

#include "base/error.h"

namespace coracle {

namespace {

constexpr size_t max_path = 4095;
constexpr size_t max_component = 255;

void append_component(std::string& text, std::string_view component, std::string_view whole) {
    if (component.empty() || component == ".")
        return;
    if (component == "..")
        throw Error("the name '{}' leaves its root", whole);
    if (component.size() > max_component)
        throw Error("the name '{}...' has a component of {} bytes, more than {}",
                    whole.substr(0, 64), component.size(), max_component);
    if (!text.empty())
        text += '/';
    text += component;
}

} // namespace

TreePath::TreePath(std::string_view name) {
    if (name.find('\0') != std::string_view::npos)
        throw Error("the name '{}' has a NUL byte in it", name.substr(0, name.find('\0')));
    text_.reserve(name.size());
    for (size_t at = 0; at <= name.size();) {
        size_t end = name.find('/', at);
        if (end == std::string_view::npos)
            end = name.size();
        append_component(text_, name.substr(at, end - at), name);
        at = end + 1;
    }
    if (text_.size() > max_path)
        throw Error("the name '{}...' is {} bytes long, more than {}", name.substr(0, 64),
                    text_.size(), max_path);
}

std::string_view TreePath::name() const {
    auto slash = text_.rfind('/');
    return std::string_view(text_).substr(slash == std::string::npos ? 0 : slash + 1);
}

TreePath TreePath::parent() const {
    TreePath result;
    auto slash = text_.rfind('/');
    if (slash != std::string::npos)
        result.text_ = text_.substr(0, slash);
    return result;
}

TreePath TreePath::operator/(std::string_view below) const { return *this / TreePath(below); }

TreePath TreePath::operator/(const TreePath& below) const {
    if (is_root() || below.is_root())
        return is_root() ? below : *this;
    TreePath result;
    result.text_.reserve(text_.size() + 1 + below.text_.size());
    result.text_ = text_;
    result.text_ += '/';
    result.text_ += below.text_;
    if (result.text_.size() > max_path)
        throw Error("the name '{}...' is {} bytes long, more than {}", result.text_.substr(0, 64),
                    result.text_.size(), max_path);
    return result;
}

bool TreePath::contains(const TreePath& other) const {
    if (is_root() || text_ == other.text_)
        return true;
    return other.text_.size() > text_.size() && other.text_[text_.size()] == '/' &&
           other.text_.starts_with(text_);
}

} // namespace coracle
