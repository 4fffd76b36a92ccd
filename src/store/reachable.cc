// SPDX-License-Identifier: Apache-2.0
#include "store/reachable.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "oci/manifest.h"
#include "oci/media_types.h"

namespace coracle {

std::vector<Descriptor> children_of(const Store& store, const Descriptor& descriptor) {
    bool document = media_type::is_index(descriptor.media_type) ||
                    media_type::is_manifest(descriptor.media_type);
    if (!document || !store.has(descriptor))
        return {};
    try {
        auto parsed = parse_manifest_or_index(store.read_document(descriptor), "", "");
        if (auto* index = std::get_if<Index>(&parsed))
            return std::move(index->manifests);
        auto& manifest = std::get<Manifest>(parsed);
        manifest.layers.push_back(std::move(manifest.config));
        return std::move(manifest.layers);
    } catch (const Error&) {
        return {};
    }
}

std::map<Digest, Descriptor> reachable(const Store& store, std::vector<Descriptor> roots) {
    std::map<Digest, Descriptor> found;
    while (!roots.empty()) {
        Descriptor descriptor = std::move(roots.back());
        roots.pop_back();
        if (!found.emplace(descriptor.digest, descriptor).second)
            continue;
        std::ranges::move(children_of(store, descriptor), std::back_inserter(roots));
    }
    return found;
}

} // namespace coracle
