// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "oci/image_config.h"
#include "oci/manifest.h"
#include "oci/media_types.h"
#include "store/store.h"

namespace coracle {

namespace {

Index empty_index() { return {.media_type = std::string(media_type::oci_index)}; }

/// A manifest that stood alone under its name, as the entry of an index.
std::optional<Descriptor> as_entry(const Store& store, Descriptor manifest) {
    if (!store.has(manifest))
        return std::nullopt;
    auto parsed = Manifest::parse(store.read_document(manifest), manifest.digest.str());
    if (!store.has(parsed.config))
        return std::nullopt;
    manifest.platform =
        ImageConfig::parse(store.read_document(parsed.config), parsed.config.digest.str()).platform;
    return manifest;
}

Index index_of(const Store& store, const std::optional<Descriptor>& root) {
    if (!root || !store.has(*root))
        return empty_index();
    if (media_type::is_index(root->media_type))
        return Index::parse(store.read_document(*root), root->digest.str());
    Index index = empty_index();
    if (auto entry = as_entry(store, *root))
        index.manifests.push_back(*entry);
    return index;
}

bool is_unknown(const Descriptor& entry) { return entry.platform && entry.platform->is_unknown(); }

std::string order_of(const Descriptor& entry) {
    return entry.platform ? entry.platform->str() : "";
}

} // namespace

Index Store::with_platform(const std::optional<Descriptor>& root, const Platform& platform,
                           const Descriptor& manifest) const {
    Index index = index_of(*this, root);
    std::set<std::string> replaced;
    std::erase_if(index.manifests, [&](const Descriptor& entry) {
        bool same = entry.platform == platform;
        if (same && !entry.same_content(manifest))
            replaced.insert(entry.digest.str());
        return same;
    });
    std::erase_if(index.manifests, [&](const Descriptor& entry) {
        return replaced.contains(entry.annotation(annotation::reference_digest));
    });
    Descriptor entry = manifest;
    entry.platform = platform;
    index.manifests.push_back(std::move(entry));
    // One order, whatever came first: the same images give the same index. Attestations go last.
    std::ranges::stable_sort(index.manifests, {}, [](const Descriptor& item) {
        return std::pair(is_unknown(item), order_of(item));
    });
    return index;
}

} // namespace coracle
