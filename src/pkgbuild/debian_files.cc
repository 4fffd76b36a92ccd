// SPDX-License-Identifier: Apache-2.0
#include "pkgbuild/debian_files.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "io/file_io.h"
#include "pkgbuild/deb.h"
#include "pkgbuild/glob.h"
#include "pkgbuild/libraries.h"

namespace coracle {

namespace {

/// /bin, /sbin and /lib* are links into /usr on every Debian that we build from.
TreePath merged(const TreePath& path) {
    std::string_view top = std::string_view(path.str()).substr(0, path.str().find('/'));
    for (std::string_view alias : {"bin", "sbin", "lib", "lib32", "lib64", "libx32"})
        if (top == alias)
            return TreePath("usr") / path;
    return path;
}

void unpack(const DebFile& deb, DebianFiles& files, FileSpool& spool) {
    FileSource source(deb.fd, deb.name);
    DebReader reader(source, deb.name);
    int origin = static_cast<int>(files.origins.size());
    files.origins.push_back({deb.name, reader.control()});
    auto& data = reader.data();
    while (auto entry = data.next()) {
        TreeItem item;
        bool link =
            entry->type == EntryType::symlink && entry->path.str().find('/') == std::string::npos;
        if (!link) // base-files' own links stay as they are
            entry->path = merged(entry->path);
        if (entry->type == EntryType::hard_link)
            entry->link_target = merged(TreePath(entry->link_target)).str();
        if (entry->type == EntryType::regular)
            item.content = spool.append(data.content(), entry->size, entry->path.str());
        item.entry = std::move(*entry);
        item.origin = origin;
        files.tree.add(std::move(item));
    }
}

constexpr const char* unwanted[] = {
    "usr/share/doc",    "usr/share/man",      "usr/share/info",
    "usr/share/locale", "usr/share/lintian",  "usr/share/bash-completion",
    "usr/share/bug",    "usr/share/doc-base", "usr/share/menu"};

/// Puts a selection together.
class Selection {
public:
    Selection(const DebianFiles& files, const DebianContent& content, FileSpool& spool)
        : files_(files), content_(content), spool_(spool) {}

    ImageTree run() {
        pick();
        follow();
        if (content_.needed_libraries)
            libraries();
        add_documents();
        add_directories();
        return make();
    }

private:
    void pick();
    /// Adds what symlinks and hard links lead to.
    void follow();
    void libraries();
    void add_documents();
    void add_directories();
    void add_copyright(const std::string& package);
    ImageTree make();

    const DebianFiles& files_;
    const DebianContent& content_;
    FileSpool& spool_;
    std::set<TreePath> chosen_;
    std::vector<TreeItem> made_; ///< in no package
};

void Selection::pick() {
    PathGlobs keep(content_.keep), drop(content_.drop);
    PathGlobs usual(content_.keep.empty()
                        ? std::vector<std::string>(std::begin(unwanted), std::end(unwanted))
                        : std::vector<std::string>());
    std::vector<PathGlobs> single;
    std::vector<bool> used(content_.keep.size());
    for (const auto& pattern : content_.keep)
        single.emplace_back(std::vector<std::string>{pattern});
    for (const auto& [path, item] : files_.tree.items()) {
        if (path.is_root() || drop.match(path.str()) || usual.match(path.str()))
            continue;
        bool wanted = keep.empty();
        for (size_t i = 0; i < single.size(); ++i)
            if (single[i].match(path.str()))
                wanted = used[i] = true;
        if (!wanted)
            continue;
        if (content_.needed_libraries && keep.empty() && is_library_path(path.str()))
            continue;
        chosen_.insert(path);
    }
    for (size_t i = 0; i < used.size(); ++i)
        if (!used[i])
            throw Error("no file of the packages fits '{}' in debian.keep", content_.keep[i]);
}

void Selection::follow() {
    std::vector<TreePath> left(chosen_.begin(), chosen_.end());
    while (!left.empty()) {
        auto path = std::move(left.back());
        left.pop_back();
        const auto* item = files_.tree.find(path);
        if (!item)
            continue;
        std::optional<TreePath> target;
        if (item->entry.type == EntryType::symlink)
            target = files_.tree.resolve(path);
        else if (item->entry.type == EntryType::hard_link)
            target = TreePath(item->entry.link_target);
        const auto* found = target ? files_.tree.find(*target) : nullptr;
        if (found && !found->entry.is_directory() && chosen_.insert(*target).second)
            left.push_back(*target);
    }
}

void Selection::libraries() {
    auto needed = needed_libraries(files_.tree, chosen_);
    chosen_.insert(needed.libraries.begin(), needed.libraries.end());
    follow();
    for (auto& link : needed.links)
        made_.push_back(std::move(link));
}

void Selection::add_copyright(const std::string& package) {
    TreePath directory("usr/share/doc/" + package);
    const auto* item = files_.tree.find(directory);
    if (item && item->entry.type == EntryType::symlink)
        chosen_.insert(directory);
    if (auto text = files_.tree.resolve(directory / "copyright")) {
        chosen_.insert(*text);
        chosen_.insert(directory / "copyright");
        follow();
    }
}

void Selection::add_documents() {
    std::set<int> origins;
    for (const auto& path : chosen_)
        if (const auto* item = files_.tree.find(path); item && !item->entry.is_directory())
            origins.insert(item->origin);
    for (int number : origins) {
        const auto& origin = files_.origins[static_cast<size_t>(number)];
        if (content_.copyright)
            add_copyright(control_field(origin.control, "Package"));
        TreeItem item;
        item.entry.path =
            TreePath("var/lib/dpkg/status.d") / control_field(origin.control, "Package");
        item.entry.size = origin.control.size();
        item.content = spool_.append(origin.control, item.entry.path.str());
        made_.push_back(std::move(item));
    }
}

void Selection::add_directories() {
    std::vector<TreePath> parents;
    for (const auto& path : chosen_)
        for (auto parent = path.parent(); !parent.is_root(); parent = parent.parent())
            parents.push_back(parent);
    chosen_.insert(parents.begin(), parents.end());
}

ImageTree Selection::make() {
    ImageTree tree;
    for (const auto& path : chosen_)
        if (const auto* item = files_.tree.find(path))
            tree.add(*item);
    for (auto& item : made_)
        tree.add(std::move(item));
    return tree;
}

} // namespace

DebianFiles unpack_debs(std::vector<DebFile> debs, FileSpool& spool) {
    std::ranges::sort(debs, {}, &DebFile::name);
    DebianFiles files;
    for (const auto& deb : debs)
        within([&] { return fmt::format("while unpacking the Debian package {}", deb.name); },
               [&] { unpack(deb, files, spool); });
    return files;
}

ImageTree select_files(const DebianFiles& files, const DebianContent& content, FileSpool& spool) {
    return Selection(files, content, spool).run();
}

} // namespace coracle
