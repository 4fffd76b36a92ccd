// SPDX-License-Identifier: Apache-2.0
#include "rootfs/bundle.h"

#include <algorithm>

#include "base/error.h"
#include "image/merged_image.h"
#include "rootfs/image_rules.h"
#include "rootfs/images.h"
#include "rootfs/key.h"
#include "rootfs/prefix.h"

namespace coracle {

PaxList make_provenance(const std::string& source, const std::string& location) {
    return {{"LINUXKIT.location", location}, {"LINUXKIT.source", source}};
}

namespace {

std::vector<TreePath> with_parents(const TreePath& directory) {
    std::vector<TreePath> paths;
    for (TreePath path = directory; !path.is_root(); path = path.parent())
        paths.push_back(path);
    std::ranges::reverse(paths);
    return paths;
}

} // namespace

void Skeleton::claim(const TreePath& directory, const PaxList& provenance) {
    for (const auto& path : with_parents(directory)) {
        owners_.insert_or_assign(path, provenance);
        first_.try_emplace(path, directory);
    }
}

std::vector<Entry> Skeleton::directories_for(const TreePath& directory, int64_t time) const {
    std::vector<Entry> entries;
    for (const auto& path : with_parents(directory)) {
        if (first_.at(path) != directory)
            continue;
        Entry entry = directory_entry(path, time);
        entry.provenance = &owners_.at(path);
        entries.push_back(std::move(entry));
    }
    return entries;
}

std::vector<TreePath> Skeleton::bundles() const {
    std::vector<TreePath> paths;
    for (const auto& [path, component] : first_)
        if (path == component)
            paths.push_back(path);
    return paths;
}

BundleComponent::BundleComponent(const Store& store, const ResolvedImage* image,
                                 const Skeleton& skeleton, BundleParts parts)
    : Component(parts.location, parts.title), store_(store), image_(image), skeleton_(skeleton),
      parts_(std::move(parts)), provenance_(make_provenance(parts_.source, parts_.location)),
      directories_provenance_(make_provenance(
          parts_.directories_source.empty() ? parts_.source : parts_.directories_source,
          parts_.location)) {}

namespace {

/// Taken out of the image's tree, where hard links to it then keep its content.
void hide(const std::set<TreePath>& paths, const TreePath& root, TreeChanges& changes) {
    for (const auto& path : paths)
        if (path != root && root.contains(path))
            changes.remove.emplace_back(path.str().substr(root.str().size()));
}

} // namespace

void BundleComponent::seal() {
    KeyBuilder key("bundle");
    key.add(parts_.location).add(parts_.source).add(parts_.directory.str());
    key.add(parts_.files_in).add(parts_.system_rules ? 1 : 0);
    key.add(static_cast<uint64_t>(parts_.time)).add(parts_.directories_source);
    bool has_files = image_ != nullptr && !parts_.files_in.empty();
    key.add(has_files ? image_->descriptor.digest.str() : "");
    for (const auto& file : parts_.files)
        key.add(file.name).add(file.content);
    for (const auto& name : parts_.directories)
        key.add(name);
    key.add(parts_.first_id);
    for (const auto& path : parts_.without)
        key.add(path.str());
    for (const auto& entry : skeleton_.directories_for(parts_.directory, parts_.time)) {
        key.add(entry.path.str());
        for (const auto& [name, value] : *entry.provenance)
            key.add(name).add(value);
    }
    set_key(key.hex());
}

void BundleComponent::emit(EntrySink& sink) const {
    for (const auto& entry : skeleton_.directories_for(parts_.directory, parts_.time))
        sink.add(entry);
    auto add_directory = [&](const std::string& name, const PaxList& provenance) {
        Entry entry = directory_entry(parts_.directory / name, parts_.time);
        entry.provenance = &provenance;
        if (name == parts_.files_in)
            entry.uid = entry.gid = parts_.first_id; // the container's root
        sink.add(entry);
    };
    if (!parts_.files_in.empty()) {
        add_directory(parts_.files_in, provenance_);
        if (image_ != nullptr) {
            auto rules = image_rules(parts_.system_rules ? ImageUse::system : ImageUse::container,
                                     parts_.time);
            within([&] { return fmt::format("while unpacking image {}", parts_.source); },
                   [&] {
                       hide(parts_.without, parts_.directory / parts_.files_in, rules);
                       MergedImage tree(store_, image_->manifest.layers, std::move(rules),
                                        parts_.reading);
                       emit_below({parts_.directory / parts_.files_in, &provenance_,
                                   &parts_.without, parts_.first_id},
                                  *tree.open(), sink);
                   });
        }
    }
    for (const auto& file : parts_.files) {
        Entry entry = file_entry(parts_.directory / file.name, file.content.size(), parts_.time);
        entry.provenance = &provenance_;
        if (!parts_.without.contains(entry.path))
            sink.add(entry, file.content);
    }
    for (const auto& name : parts_.directories)
        add_directory(name, directories_provenance_);
}

uint64_t BundleComponent::weight() const {
    return image_ != nullptr && !parts_.files_in.empty() ? layer_bytes(*image_) : 0;
}

namespace {

/// Keeps headers only.
class HeaderSink : public EntrySink {
public:
    using EntrySink::add;
    void add(const Entry& entry, Source&) override { headers.push_back(entry); }
    std::vector<Entry> headers;
};

} // namespace

std::vector<Entry> BundleComponent::headers() const {
    HeaderSink sink;
    emit(sink);
    return std::move(sink.headers);
}

} // namespace coracle
