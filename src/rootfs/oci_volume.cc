// SPDX-License-Identifier: Apache-2.0
#include "rootfs/oci_volume.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "oci/media_types.h"
#include "rootfs/image_rules.h"
#include "rootfs/key.h"

namespace coracle {

namespace {

/// The index of the layout, as other tools write it: a single name.
std::string layout_index(const Descriptor& root, const std::string& name) {
    nlohmann::ordered_json index;
    index["schemaVersion"] = 2;
    index["mediaType"] = media_type::oci_index;
    index["manifests"] = {{{"mediaType", root.media_type},
                           {"size", root.size},
                           {"digest", root.digest.str()},
                           {"annotations", {{annotation::ref_name, name}}}}};
    return index.dump(3);
}

} // namespace

OciVolume::OciVolume(Images& images, const VolumeSpec& volume, BundleParts parts, int64_t time)
    : Component(parts.location, parts.title), store_(images.store()), parts_(std::move(parts)) {
    parts_.time = time;
    Reference reference = Reference::parse(volume.image->text);
    parts_.source = source_name(reference);
    std::vector<Platform> platforms;
    for (const auto& text : volume.platforms.value_or(Strings{}))
        platforms.push_back(Platform::parse(text));
    if (platforms.empty())
        platforms.push_back(images.platform());

    std::optional<Descriptor> root;
    KeyBuilder key("oci volume");
    for (const auto& platform : platforms) {
        ResolvedImage image = images.resolve(reference, platform);
        root = image.root;
        add_blob(image.descriptor);
        add_blob(image.manifest.config);
        for (const auto& layer : image.manifest.layers)
            add_blob(layer);
        key.add(image.descriptor.digest.str());
    }
    add_blob(*root);
    index_ = layout_index(*root, parts_.source);
    provenance_ = make_provenance(parts_.source, parts_.location);
    directories_provenance_ = make_provenance(parts_.directories_source, parts_.location);
    key.add(index_).add(parts_.location).add(parts_.directory.str());
    key.add(static_cast<uint64_t>(time));
    set_key(key.hex());
}

void OciVolume::add_blob(const Descriptor& descriptor) {
    if (std::ranges::find(blobs_, descriptor.digest, &Descriptor::digest) == blobs_.end())
        blobs_.push_back(descriptor);
}

void OciVolume::emit(EntrySink& sink) const {
    Entry own = directory_entry(parts_.directory, parts_.time);
    own.provenance = &provenance_;
    sink.add(own);
    auto add_directory = [&](std::string_view name, const PaxList& provenance) {
        Entry entry = directory_entry(parts_.directory / name, parts_.time);
        entry.provenance = &provenance;
        sink.add(entry);
    };
    auto file = [&](std::string_view name, uint64_t size) {
        Entry entry = file_entry(parts_.directory / "lower" / name, size, parts_.time);
        entry.provenance = &provenance_;
        return entry;
    };
    constexpr std::string_view layout = "{\n\t\t\"imageLayoutVersion\": \"1.0.0\"\n\t}";
    for (const char* name : {"lower", "lower/blobs", "lower/blobs/sha256"})
        add_directory(name, provenance_);
    bool sha512 = false;
    for (const auto& blob : blobs_) {
        if (blob.digest.algorithm() == HashAlgorithm::sha512 && !std::exchange(sha512, true))
            add_directory("lower/blobs/sha512", provenance_);
        auto content = store_.read(blob);
        sink.add(file(fmt::format("blobs/{}/{}", blob.digest.algorithm_name(), blob.digest.hex()),
                      blob.size),
                 *content);
        skip(*content); // to its end, where a damaged blob shows
    }
    sink.add(file("oci-layout", layout.size()), layout);
    sink.add(file("index.json", index_.size()), index_);
    for (const auto& name : parts_.directories)
        add_directory(name, directories_provenance_);
}

} // namespace coracle
