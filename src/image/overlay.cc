// SPDX-License-Identifier: Apache-2.0
#include "image/overlay.h"

#include <algorithm>

#include "base/error.h"
#include "base/limit_error.h"
#include "base/text.h"

namespace coracle {

namespace {

constexpr std::string_view whiteout_prefix = ".wh.";
constexpr std::string_view opaque_name = ".wh..wh..opq";
constexpr std::string_view aufs_prefix = ".wh..wh.";
constexpr int max_links = 40;

enum class NameKind { plain, whiteout, opaque, ignored };

/// What a name in a layer means. aufs left its own housekeeping behind in old images.
NameKind kind_of(const TreePath& path) {
    auto components = split(path.str(), '/');
    for (size_t i = 0; i < components.size(); ++i) {
        const auto& component = components[i];
        if (!component.starts_with(whiteout_prefix))
            continue;
        bool last = i + 1 == components.size();
        if (component == opaque_name && last)
            return NameKind::opaque;
        if (component.starts_with(aufs_prefix))
            return NameKind::ignored;
        if (!last)
            throw Error("'{}' lies below a whiteout", path.str());
        auto target = std::string_view(component).substr(whiteout_prefix.size());
        if (target.empty() || target == "." || target == "..")
            throw Error("the whiteout '{}' names nothing", path.str());
        return NameKind::whiteout;
    }
    return NameKind::plain;
}

Entry missing_directory(const TreePath& path, int64_t mtime) {
    Entry entry;
    entry.path = path;
    entry.type = EntryType::directory;
    entry.mode = 0755;
    entry.mtime = mtime;
    return entry;
}

} // namespace

void Overlay::add_layer(const std::vector<Entry>& headers, Whiteouts whiteouts) {
    last_valid_ = false;
    std::vector<NameKind> kinds(headers.size(), NameKind::plain);
    if (whiteouts == Whiteouts::apply) {
        for (size_t i = 0; i < headers.size(); ++i) {
            kinds[i] = kind_of(headers[i].path);
            if (kinds[i] == NameKind::opaque)
                erase_below(resolve_directory(headers[i].path.parent()).str());
            else if (kinds[i] == NameKind::whiteout)
                apply_whiteout(headers[i].path);
        }
    }
    for (uint32_t i = 0; i < headers.size(); ++i)
        if (kinds[i] == NameKind::plain && !headers[i].path.is_root())
            apply_entry(headers[i], i);
    ++layer_;
}

void Overlay::apply_whiteout(const TreePath& path) {
    remove(path.parent() / path.name().substr(whiteout_prefix.size()));
}

bool Overlay::contains(const TreePath& path) {
    return find((resolve_directory(path.parent()) / path.name()).str()) != nullptr;
}

void Overlay::remove(const TreePath& path) {
    TreePath hidden = resolve_directory(path.parent()) / path.name();
    erase_below(hidden.str());
    nodes_.erase(hidden.str());
}

const Overlay::Inode* Overlay::find(std::string_view path) const {
    auto found = nodes_.find(path);
    return found == nodes_.end() ? nullptr : &inodes_[found->second];
}

/// Follows links on the way to a directory; what does not exist is kept as it is named.
TreePath Overlay::resolve_directory(const TreePath& path) {
    if (last_valid_ && path == last_asked_)
        return last_found_;
    // Above a directory of the tree there are only directories, no links.
    TreePath at = path;
    std::vector<std::string> ahead;
    for (; !at.is_root(); at = at.parent()) {
        const Inode* inode = find(at.str());
        if (inode != nullptr && inode->header.is_directory())
            break;
        ahead.emplace_back(at.name());
    }
    int links = 0;
    while (!ahead.empty()) {
        std::string component = std::move(ahead.back());
        ahead.pop_back();
        if (component.empty() || component == ".")
            continue;
        if (component == "..") {
            at = at.parent();
            continue;
        }
        TreePath next = at / component;
        const Inode* inode = find(next.str());
        if (inode == nullptr || inode->header.type != EntryType::symlink) {
            at = next;
            continue;
        }
        if (++links > max_links)
            throw Error("too many symbolic links on the way to '{}'", path.str());
        const std::string& target = inode->header.link_target;
        if (target.starts_with('/'))
            at = TreePath();
        auto parts = split(target, '/');
        ahead.insert(ahead.end(), parts.rbegin(), parts.rend());
    }
    last_asked_ = path;
    last_found_ = at;
    last_valid_ = true;
    return at;
}

/// Where an entry lands. Makes the directories above it that no layer brings.
TreePath Overlay::place(const TreePath& path) {
    TreePath parent = resolve_directory(path.parent());
    TreePath result = parent / path.name();
    std::vector<TreePath> missing;
    for (; !parent.is_root(); parent = parent.parent()) {
        const Inode* inode = find(parent.str());
        if (inode != nullptr) {
            if (!inode->header.is_directory())
                throw Error("'{}' lies below '{}', which is not a directory", path.str(),
                            parent.str());
            break;
        }
        missing.push_back(parent);
    }
    for (auto directory = missing.rbegin(); directory != missing.rend(); ++directory) {
        // A link may lead to such a name, which unpacking as a layer would take for a whiteout.
        if (directory->name().starts_with(whiteout_prefix))
            throw Error("'{}' leads to '{}', a name for whiteouts", path.str(), directory->str());
        put(*directory, make(missing_directory(*directory, 0), Step::made_up));
    }
    return result;
}

uint32_t Overlay::make(const Entry& header, uint32_t ordinal) {
    if (inodes_.size() >= limits_.entries)
        throw LimitError("entries", fmt::format("the tree has more than the allowed {} entries",
                                                limits_.entries));
    header_bytes_ += header.path.str().size() + header.link_target.size();
    for (const auto& [name, value] : header.xattrs)
        header_bytes_ += name.size() + value.size();
    if (header_bytes_ > limits_.header_bytes)
        throw LimitError("headers", fmt::format("the names and attributes in the tree have more "
                                                "than the allowed {} bytes",
                                                limits_.header_bytes));
    inodes_.push_back({layer_, ordinal, header});
    return static_cast<uint32_t>(inodes_.size() - 1);
}

void Overlay::put(const TreePath& path, uint32_t inode) {
    bool directory = inodes_[inode].header.is_directory();
    auto [at, added] = nodes_.try_emplace(path.str(), inode);
    if (inodes_[inode].header.type == EntryType::symlink)
        last_valid_ = false; // the way to the last directory may lead over it
    if (nodes_.size() > limits_.entries)
        throw LimitError("entries", fmt::format("the tree has more than the allowed {} entries",
                                                limits_.entries));
    if (added)
        return;
    const Entry& before = inodes_[at->second].header;
    bool was_directory = before.is_directory();
    if (directory != was_directory || before.type == EntryType::symlink)
        last_valid_ = false;
    at->second = inode;
    if (was_directory && !directory)
        erase_below(path.str());
}

void Overlay::erase_below(const std::string& path) {
    last_valid_ = false;
    // '0' follows '/': the names below lie between the two.
    auto first = path.empty() ? nodes_.begin() : nodes_.lower_bound(path + '/');
    auto last = path.empty() ? nodes_.end() : nodes_.lower_bound(path + '0');
    nodes_.erase(first, last);
}

void Overlay::apply_entry(const Entry& header, uint32_t ordinal) {
    if (header.type == EntryType::character && header.device_major == 0 && header.device_minor == 0)
        throw Error("'{}' is the device 0:0, which overlay file systems take for a whiteout",
                    header.path.str());
    TreePath path = place(header.path);
    if (header.type == EntryType::hard_link)
        return apply_hard_link(header, path, ordinal);
    uint32_t inode = make(header, ordinal);
    Entry& kept = inodes_[inode].header;
    kept.path = path;
    std::erase_if(kept.xattrs, [](const auto& xattr) {
        return xattr.first.starts_with("trusted.overlay.") ||
               xattr.first.starts_with("user.overlay.");
    });
    put(path, inode);
}

void Overlay::apply_hard_link(const Entry& header, const TreePath& path, uint32_t ordinal) {
    TreePath asked(header.link_target);
    TreePath target = resolve_directory(asked.parent()) / asked.name();
    auto found = nodes_.find(target.str());
    if (found == nodes_.end() || asked.is_root())
        throw Error("the hard link '{}' has no target '{}'", header.path.str(), header.link_target);
    if (target == path)
        throw Error("the hard link '{}' points to itself", header.path.str());
    uint32_t inode = found->second;
    const Entry& original = inodes_[inode].header;
    if (original.is_directory())
        throw Error("the hard link '{}' points to the directory '{}'", header.path.str(),
                    header.link_target);
    if (original.type != EntryType::regular) {
        Entry copy = original;
        copy.path = path;
        inode = make(copy, ordinal);
    }
    put(path, inode);
}

void Overlay::emit_parents(std::string_view path, std::vector<Step>& steps) {
    // Above what is emitted all is emitted.
    std::vector<Nodes::const_iterator> missing;
    for (size_t slash = path.rfind('/'); slash != std::string_view::npos;
         slash = path.rfind('/', slash - 1)) {
        auto found = nodes_.find(path.substr(0, slash));
        if (found == nodes_.end() || inodes_[found->second].emitted)
            break;
        missing.push_back(found);
    }
    for (auto parent = missing.rbegin(); parent != missing.rend(); ++parent)
        emit((*parent)->first, (*parent)->second, steps);
}

void Overlay::emit(const std::string& path, uint32_t number, std::vector<Step>& steps) {
    Inode& inode = inodes_[number];
    inode.emitted = true;
    Step step;
    step.owner = inode.layer;
    step.entry = inode.header;
    step.entry.path = TreePath(path);
    step.entry.link_count = std::max(1U, inode.names);
    step.ordinal = inode.ordinal;
    step.content = inode.header.type == EntryType::regular;
    steps.push_back(std::move(step));
}

std::vector<std::vector<Overlay::Step>> Overlay::finish() {
    for (auto& [path, number] : nodes_)
        ++inodes_[number].names;
    // Names of each inode, the surviving ones, in order; most have just one.
    std::vector<std::vector<const std::string*>> names(inodes_.size());
    for (const auto& [path, number] : nodes_)
        names[number].push_back(&path);
    std::vector<std::vector<Step>> layers(layer_);
    for (uint32_t number = 0; number < inodes_.size(); ++number) {
        if (names[number].empty() || inodes_[number].emitted)
            continue;
        auto& steps = layers[inodes_[number].layer];
        auto& aliases = names[number];
        // The first name as it came is the file, the others are links to it.
        auto own = std::ranges::find_if(
            aliases, [&](const auto* name) { return *name == inodes_[number].header.path.str(); });
        if (own != aliases.end())
            std::iter_swap(aliases.begin(), own);
        emit_parents(*aliases.front(), steps);
        emit(*aliases.front(), number, steps);
        Entry link = steps.back().entry;
        link.type = EntryType::hard_link;
        link.link_target = *aliases.front();
        link.size = 0;
        link.xattrs.clear();
        for (size_t i = 1; i < aliases.size(); ++i) {
            emit_parents(*aliases[i], steps);
            link.path = TreePath(*aliases[i]);
            steps.push_back({inodes_[number].layer, inodes_[number].ordinal, false, link});
        }
    }
    nodes_.clear();
    return layers;
}

std::optional<Entry> OverlaySource::next() {
    if (at_ == steps_.size()) {
        // To the very end, so that what verifies the layer has seen all of it.
        while (!drained_ && layer_.next()) {
        }
        drained_ = true;
        return std::nullopt;
    }
    const Overlay::Step& step = steps_[at_++];
    if (step.content) {
        while (position_ <= step.ordinal) {
            if (!layer_.next())
                throw Error("a layer changed while it was read");
            ++position_;
        }
    }
    return step.entry;
}

Source& OverlaySource::content() {
    if (steps_[at_ - 1].content)
        return layer_.content();
    return none_; // the layer may not even have been opened
}

} // namespace coracle
