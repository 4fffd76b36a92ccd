// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "archive/test_tar.h"
#include "image/merged_image.h"
#include "image/overlay.h"

namespace coracle::test {

/// Layers as tar texts, laid over each other as MergedImage does it, without a store.
class Layered {
public:
    explicit Layered(std::vector<std::string> layers, TreeLimits limits = {})
        : layers_(std::move(layers)) {
        Overlay overlay(limits);
        for (const auto& layer : layers_) {
            MemorySource source(layer);
            TarReader tar(source);
            overlay.add_layer(read_headers(tar));
        }
        steps_ = overlay.finish();
        for (size_t i = 0; i < layers_.size(); ++i)
            read(i);
    }

    /// What is emitted, in order.
    const std::vector<Read>& entries() const { return entries_; }

    /// One line an entry, in order: "dir/", "file=content", "link -> target", "name => hard link".
    std::string str() const {
        std::string text;
        for (const auto& [entry, content] : entries_) {
            text += entry.path.str();
            if (entry.is_directory())
                text += "/";
            else if (entry.type == EntryType::regular)
                text += "=" + content;
            else if (entry.type == EntryType::symlink)
                text += " -> " + entry.link_target;
            else if (entry.type == EntryType::hard_link)
                text += " => " + entry.link_target;
            text += "\n";
        }
        return text;
    }

    const Entry* find(std::string_view path) const {
        for (const auto& read : entries_)
            if (read.entry.path.str() == path)
                return &read.entry;
        return nullptr;
    }

private:
    void read(size_t number) {
        MemorySource source(layers_[number]);
        TarReader tar(source);
        OverlaySource merged(tar, steps_[number]);
        while (auto entry = merged.next())
            entries_.push_back({*entry, read_all(merged.content())});
    }

    std::vector<std::string> layers_;
    std::vector<std::vector<Overlay::Step>> steps_;
    std::vector<Read> entries_;
};

/// What merging fails with, or "".
inline std::string overlay_error(std::vector<std::string> layers, TreeLimits limits = {}) {
    try {
        Layered layered(std::move(layers), limits);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

/// What is wrong with a list of entries that is to be laid down in order: a path that comes twice,
/// a name before its directory or below none, a hard link before its target. "" when nothing is.
inline std::string order_fault(const std::vector<Entry>& entries) {
    std::map<TreePath, EntryType> seen;
    for (const auto& entry : entries) {
        if (seen.contains(entry.path))
            return fmt::format("'{}' comes twice", entry.path.str());
        auto parent = seen.find(entry.path.parent());
        if (!entry.path.parent().is_root() &&
            (parent == seen.end() || parent->second != EntryType::directory))
            return fmt::format("'{}' comes without its directory", entry.path.str());
        if (entry.type == EntryType::hard_link) {
            auto target = seen.find(TreePath(entry.link_target));
            if (target == seen.end() || target->second != EntryType::regular)
                return fmt::format("'{}' links to '{}', which is no file yet", entry.path.str(),
                                   entry.link_target);
        }
        seen.emplace(entry.path, entry.type);
    }
    return "";
}

inline std::string order_fault(const std::vector<Read>& entries) {
    std::vector<Entry> headers;
    for (const auto& read : entries)
        headers.push_back(read.entry);
    return order_fault(headers);
}

} // namespace coracle::test
