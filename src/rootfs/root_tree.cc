// SPDX-License-Identifier: Apache-2.0
#include "rootfs/root_tree.h"

#include <algorithm>

#include "base/error.h"
#include "rootfs/apk.h"
#include "rootfs/image_rules.h"
#include "rootfs/images.h"
#include "rootfs/key.h"
#include "rootfs/prefix.h"

namespace coracle {

// The layers are numbered: modules (0), init images (1 to n), package database, what others bring
// (only to know which directories there are), files.

struct RootTree::Layers {
    std::vector<std::unique_ptr<MergedImage>> init;
    std::vector<FileItem> packages;
    std::vector<FileItem> files;
    std::vector<PaxList> provenance;      ///< of each layer but that of the files
    std::vector<PaxList> file_provenance; ///< of each of the YAML's files
    std::vector<std::vector<Overlay::Step>> steps;
};

/// One layer of the tree.
class RootTreeComponent : public Component {
public:
    RootTreeComponent(const RootTree& tree, size_t layer, std::string location, std::string title,
                      std::string key)
        : Component(std::move(location), std::move(title)), tree_(tree), layer_(layer) {
        set_key(std::move(key));
    }
    void emit(EntrySink& sink) const override { tree_.emit(layer_, sink); }
    uint64_t weight() const override { return tree_.weight(layer_); }

private:
    const RootTree& tree_;
    size_t layer_;
};

namespace {

/// LinuxKit makes the directories above its `files` anew, with their modes. Those that every
/// program must be able to enter, and the containers', stay as they are.
bool keeps_directory(const TreePath& path) {
    static const TreePath kept[] = {TreePath("dev"), TreePath("etc"), TreePath("proc"),
                                    TreePath("sys")};
    return std::ranges::find(kept, path) != std::end(kept) || TreePath("containers").contains(path);
}

} // namespace

RootTree::RootTree(const Store& store, RootTreeParts parts)
    : store_(store), parts_(std::move(parts)) {}
RootTree::~RootTree() = default;

/// Any image or name of the tree can change what another layer brings.
std::string RootTree::shared_key() const {
    KeyBuilder key("root tree");
    key.add(static_cast<uint64_t>(parts_.time));
    if (parts_.kernel != nullptr)
        key.add(parts_.kernel->image().descriptor.digest.str())
            .add(source_name(parts_.kernel->image().reference))
            .add(parts_.kernel->spec().tar_name().value_or(""));
    key.add(parts_.init.size());
    for (const auto* image : parts_.init)
        key.add(image->descriptor.digest.str()).add(source_name(image->reference));
    for (const auto& item : parts_.files) {
        const Entry& entry = item.entry;
        key.add(entry.path.str()).add(static_cast<uint64_t>(entry.type)).add(entry.mode);
        key.add(entry.uid).add(entry.gid).add(item.number);
    }
    key.add(parts_.foreign.size());
    for (const auto& path : parts_.foreign)
        key.add(path.str());
    for (const auto* bundle : parts_.entered)
        key.add(bundle->key());
    for (const auto& path : parts_.skeleton->directories())
        key.add(path.str());
    return key.hex();
}

uint64_t RootTree::weight(size_t layer) const {
    if (layer > parts_.init.size())
        return 0;
    size_t first = parts_.kernel != nullptr ? 0 : 1;
    if (layer > first)
        return layer_bytes(*parts_.init[layer - 1]);
    // Whichever is first reads all images; the others would only wait for it.
    uint64_t total = parts_.kernel != nullptr ? layer_bytes(parts_.kernel->image()) : 0;
    for (const auto* image : parts_.init)
        total += layer_bytes(*image);
    return total;
}

std::vector<std::unique_ptr<Component>> RootTree::components() const {
    std::vector<std::unique_ptr<Component>> list;
    std::string shared = shared_key();
    auto add = [&](size_t layer, std::string location, std::string title, KeyBuilder key) {
        key.add(shared).add(layer);
        list.push_back(std::make_unique<RootTreeComponent>(*this, layer, std::move(location),
                                                           std::move(title), key.hex()));
    };
    if (parts_.kernel != nullptr)
        add(0, "kernel", "kernel modules", KeyBuilder("modules"));
    size_t layer = 1;
    for (const auto* image : parts_.init) {
        add(layer, fmt::format("init[{}]", layer - 1), image->reference.familiar(),
            KeyBuilder("init"));
        ++layer;
    }
    if (parts_.init.size() > 1)
        add(layer, "init", "package database", KeyBuilder("packages"));
    if (!parts_.files.empty()) {
        KeyBuilder key("files");
        for (const auto& item : parts_.files)
            key.add(item.content).add(item.hash).add(item.entry.link_target);
        add(layer + 2, "files", fmt::format("{} files", parts_.files.size()), std::move(key));
    }
    return list;
}

const RootTree::Layers& RootTree::layers() const {
    std::call_once(once_, [&] { layers_ = overlay(); });
    return *layers_;
}

std::unique_ptr<RootTree::Layers> RootTree::overlay() const {
    auto layers = std::make_unique<Layers>();
    Overlay overlay(parts_.reading.limits.tree);
    auto add_layer = [&](const std::vector<Entry>& headers, PaxList provenance) {
        overlay.add_layer(headers, Overlay::Whiteouts::none);
        layers->provenance.push_back(std::move(provenance));
    };
    if (parts_.kernel != nullptr)
        add_layer(read_headers(*parts_.kernel->modules()),
                  make_provenance(source_name(parts_.kernel->image().reference), "kernel"));
    else
        add_layer({}, {});
    for (const auto* image : parts_.init) {
        std::string name = source_name(image->reference);
        within([&] { return fmt::format("while unpacking image {}", name); },
               [&] {
                   auto& tree = layers->init.emplace_back(std::make_unique<MergedImage>(
                       store_, image->manifest.layers, image_rules(ImageUse::system, parts_.time),
                       parts_.reading));
                   add_layer(
                       tree->headers(),
                       make_provenance(name, fmt::format("init[{}]", layers->init.size() - 1)));
               });
    }
    layers->packages = join_apk_databases(layers->init);
    std::vector<Entry> headers;
    std::ranges::transform(layers->packages, std::back_inserter(headers), &FileItem::entry);
    add_layer(headers, make_provenance("LINUXKIT.apkinit", "init"));

    for (const auto& path : parts_.foreign)
        overlay.remove(path);
    headers.clear();
    for (const auto& path : parts_.skeleton->directories())
        headers.push_back(directory_entry(path, parts_.time));
    for (const auto* bundle : parts_.entered)
        std::ranges::move(bundle->headers(), std::back_inserter(headers));
    add_layer(headers, {});

    layers->files = with_directories(parts_.files, [&](const TreePath& path) {
        return keeps_directory(path) && overlay.contains(path);
    });
    headers.clear();
    for (const auto& item : layers->files)
        headers.push_back(item.entry);
    overlay.add_layer(headers, Overlay::Whiteouts::none);
    size_t count = parts_.files.empty() ? 0 : parts_.files.back().number + 1;
    for (size_t i = 0; i < count; ++i)
        layers->file_provenance.push_back(
            make_provenance("linuxkit.files", fmt::format("files[{}]", i)));
    layers->steps = overlay.finish();
    return layers;
}

void RootTree::emit(size_t layer, EntrySink& sink) const {
    const Layers& all = layers();
    size_t files_layer = all.steps.size() - 1;
    std::unique_ptr<EntrySource> source;
    if (layer == 0)
        source = parts_.kernel->modules();
    else if (layer <= all.init.size())
        source = all.init[layer - 1]->open();
    else
        source = std::make_unique<FileItemSource>(layer == files_layer ? all.files : all.packages);
    OverlaySource entries(*source, all.steps[layer]);
    while (auto entry = entries.next()) {
        const auto& [owner, ordinal, has_content, header] = entries.step();
        bool file = owner == files_layer && ordinal != Overlay::Step::made_up;
        entry->provenance = file ? &all.file_provenance[all.files[ordinal].number]
                                 : &all.provenance[std::min<size_t>(owner, files_layer - 1)];
        sink.add(*entry, entries.content());
    }
}

} // namespace coracle
