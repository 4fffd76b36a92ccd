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

BundleComponent::BundleComponent(const Store& store, const ResolvedImage* image, BundleParts parts)
    : Component(parts.location, parts.title), store_(store), image_(image),
      parts_(std::move(parts)), provenance_(make_provenance(parts_.source, parts_.location)),
      directories_provenance_(make_provenance(
          parts_.directories_source.empty() ? parts_.source : parts_.directories_source,
          parts_.location)) {
    set_key(make_key());
}

namespace {

/// Taken out of the image's tree, where hard links to it then keep its content.
void hide(const std::set<TreePath>& paths, const TreePath& root, TreeChanges& changes) {
    for (const auto& path : paths)
        if (path != root && root.contains(path))
            changes.remove.emplace_back(path.str().substr(root.str().size()));
}

} // namespace

std::string BundleComponent::make_key() const {
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
    return key.hex();
}

void BundleComponent::emit(EntrySink& sink) const {
    auto add_directory = [&](const std::string& name, const PaxList& provenance) {
        Entry entry =
            directory_entry(name.empty() ? parts_.directory : parts_.directory / name, parts_.time);
        entry.provenance = &provenance;
        if (!name.empty() && name == parts_.files_in)
            entry.uid = entry.gid = parts_.first_id; // the container's root
        sink.add(entry);
    };
    add_directory("", provenance_);
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
