// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/libraries.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace coracle {

namespace {

/// How good a directory is for a library: those that the dynamic linker searches first.
size_t rank(const TreePath& path) {
    auto parts = split(path.parent().str(), '/');
    bool system = parts.size() <= 3 && parts.size() >= 2 && parts[0] == "usr" &&
                  parts[1].starts_with("lib") &&
                  (parts.size() == 2 || parts[2].find("-linux-") != std::string::npos);
    return (system ? 0 : 1000) + parts.size();
}

class Closure {
public:
    Closure(const ImageTree& tree) : tree_(tree) {
        for (const auto& [path, item] : tree.items()) {
            auto type = item.entry.type;
            if (type != EntryType::regular && type != EntryType::symlink)
                continue;
            if (path.name().find(".so") == std::string_view::npos)
                continue;
            auto [place, added] = by_name_.try_emplace(std::string(path.name()), path);
            if (!added && rank(path) < rank(place->second))
                place->second = path;
        }
    }

    /// Takes in one file and all that it needs.
    void visit(const TreePath& path) {
        std::vector<TreePath> left{path};
        while (!left.empty()) {
            auto next = std::move(left.back());
            left.pop_back();
            if (!visited_.insert(next).second)
                continue;
            const auto* item = tree_.find(next);
            if (!item || item->entry.type != EntryType::regular)
                continue;
            auto info = read_elf(item->content);
            if (!info)
                continue;
            interpreter(next, info->interpreter, left);
            for (const auto& name : info->needed)
                left.push_back(library(next, name));
        }
    }

    NeededLibraries result;

private:
    TreePath library(const TreePath& user, const std::string& name) {
        auto found = by_name_.find(name);
        auto target = found == by_name_.end() ? std::nullopt : tree_.resolve(found->second);
        if (!target)
            throw Error("'/{}' needs the library '{}', which no package has", user.str(), name)
                .hint("add the package that has it to debian.packages");
        result.libraries.push_back(found->second);
        result.libraries.push_back(*target);
        return *target;
    }

    void interpreter(const TreePath& user, const std::string& name, std::vector<TreePath>& left) {
        if (name.empty())
            return;
        TreePath expected(name);
        TreePath usual = TreePath("usr") / expected;
        auto place = tree_.find(expected) ? expected : usual;
        auto target = tree_.resolve(place);
        if (!target)
            throw Error("'/{}' needs the interpreter '{}', which no package has", user.str(), name)
                .hint("add the package that has it to debian.packages");
        result.libraries.push_back(place);
        result.libraries.push_back(*target);
        left.push_back(*target);
        if (place == expected || !links_.insert(expected).second)
            return;
        TreeItem link;
        link.entry.path = expected;
        link.entry.type = EntryType::symlink;
        link.entry.mode = 0777;
        link.entry.link_target = "/" + place.str();
        link.entry.mtime = tree_.find(*target)->entry.mtime;
        result.links.push_back(std::move(link));
    }

    const ImageTree& tree_;
    std::map<std::string, TreePath, std::less<>> by_name_;
    std::set<TreePath> visited_;
    std::set<TreePath> links_;
};

} // namespace

NeededLibraries needed_libraries(const ImageTree& tree, const std::set<TreePath>& chosen) {
    Closure closure(tree);
    for (const auto& path : chosen)
        closure.visit(path);
    return std::move(closure.result);
}

bool is_library_path(std::string_view path) {
    auto parts = split(path, '/');
    const auto& name = parts.back();
    return parts.size() >= 3 && parts[0] == "usr" && parts[1].starts_with("lib") &&
           (name.ends_with(".so") || name.find(".so.") != std::string::npos);
}

} // namespace coracle
