// SPDX-License-Identifier: Apache-2.0
#include "store/import.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "io/compress.h"
#include "io/peeked_source.h"
#include "oci/media_types.h"
#include "store/import_docker.h"
#include "store/reachable.h"
#include "store/resolve.h"

namespace coracle {

namespace {

constexpr uint64_t max_document = 4 << 20;
constexpr const char* containerd_name = "io.containerd.image.name";

/// "blobs/sha256/HEX" -> its digest.
std::optional<Digest> blob_digest(const std::string& path) {
    auto parts = split(path, '/');
    if (parts.size() != 3 || parts[0] != "blobs")
        return std::nullopt;
    return Digest::try_parse(parts[1] + ":" + parts[2]);
}

void take_blob(Store& store, const Entry& entry, const Digest& digest, Source& content) {
    Descriptor expected{"", digest, entry.size};
    BlobWriter writer = store.write(digest.algorithm());
    copy(content, writer);
    within([&] { return fmt::format("in '{}' of the archive", entry.path.str()); },
           [&] { writer.commit_expecting(expected); });
}

/// Reads the archive: blobs go to the store, documents and what Docker names otherwise are kept.
ArchiveContent unpack(Store& store, Source& archive, const TarLimits& limits) {
    ArchiveContent result;
    PeekedSource peeked(archive);
    auto plain = make_decompressor(peeked, detect_compression(peeked.head()));
    TarReader tar(*plain, limits);
    while (auto entry = tar.next()) {
        const std::string& path = entry->path.str();
        if (entry->type == EntryType::symlink) {
            result.links[path] = entry->link_target;
        } else if (entry->type != EntryType::regular) {
            continue;
        } else if (auto digest = blob_digest(path)) {
            take_blob(store, *entry, *digest, tar.content());
            result.files.insert_or_assign(path, Descriptor{"", *digest, entry->size});
        } else if (path == "index.json" || path == "manifest.json" || path == "oci-layout") {
            result.documents[path] = read_all(tar.content(), max_document);
        } else {
            BlobWriter writer = store.write();
            copy(tar.content(), writer);
            result.files.insert_or_assign(path, writer.commit(""));
        }
    }
    return result;
}

std::string name_of(const Descriptor& root) {
    std::string name = root.annotation(containerd_name);
    if (name.empty())
        name = root.annotation(annotation::ref_name);
    return name;
}

std::vector<Imported> images_of_layout(const ArchiveContent& content) {
    std::vector<Imported> result;
    Index index = Index::parse(content.documents.at("index.json"), "index.json of the archive");
    for (Descriptor& root : index.manifests) {
        std::string name = name_of(root);
        root.annotations.erase(containerd_name);
        root.annotations.erase(annotation::ref_name);
        result.push_back({std::move(name), std::move(root)});
    }
    return result;
}

void settle_names(std::vector<Imported>& images, const std::string& wanted) {
    if (!wanted.empty() && images.size() != 1)
        throw Error("the archive has {} images, so that none can be called '{}'", images.size(),
                    wanted);
    for (Imported& image : images) {
        if (!wanted.empty())
            image.name = wanted;
        if (image.name.empty())
            throw Error("the archive has an image without a name").hint("--name NAME");
        image.name = Reference::parse(image.name).full();
    }
}

/// Nothing gets a name that is not there whole. An index may speak of platforms that are not there.
void check_whole(const Store& store, const Imported& image) {
    if (!store.has(image.root))
        throw Error("the archive lacks the manifest of '{}'", image.name);
    auto platforms = platforms_of(store, image.root, true);
    if (platforms.empty())
        throw Error("the archive has no platform of '{}'", image.name);
    for (const Platform& platform : platforms)
        resolve(store, Reference::parse(image.name).with_digest(image.root.digest), platform);
}

/// An archive from elsewhere does not change what names mean here.
void check_not_taken(const Store& store, const Imported& image) {
    auto old = store.find(Reference::parse(image.name));
    if (!old || old->digest == image.root.digest)
        return;
    auto present = platforms_of(store, *old, true);
    auto taken = [&](const Platform& platform) {
        return std::ranges::find(present, platform) != present.end() &&
               !reachable(store, {*old}).contains(image.root.digest);
    };
    bool conflict = media_type::is_index(image.root.media_type) ||
                    std::ranges::any_of(platforms_of(store, image.root, true), taken);
    if (conflict)
        throw Error("'{}' is in the cache already and is not the same", image.name)
            .hint("--override");
}

void set_name(Store& store, Imported& image) {
    Reference reference = Reference::parse(image.name);
    if (media_type::is_index(image.root.media_type)) {
        store.tag(reference, image.root);
        return;
    }
    // Other readers of the layout expect an index behind each name.
    const Descriptor manifest = image.root;
    for (const Platform& platform : platforms_of(store, manifest, true))
        image.root = store.tag_platform(reference, platform, manifest);
}

/// Some tools list what an image consists of beside it, without names.
void drop_parts(const Store& store, std::vector<Imported>& images) {
    constexpr size_t most = 1000; // that is not looked at in vain
    if (images.size() == 1 || images.size() > most)
        return;
    std::vector<Descriptor> named;
    for (const Imported& image : images)
        if (!image.name.empty())
            named.push_back(image.root);
    auto parts = reachable(store, std::move(named));
    std::erase_if(images, [&](const Imported& image) {
        return image.name.empty() && parts.contains(image.root.digest);
    });
}

/// Gives the names to what is in the store by now.
std::vector<Imported> adopt(Store& store, std::vector<Imported> images,
                            const ImportOptions& options) {
    if (images.empty())
        throw Error("the archive has no images");
    drop_parts(store, images);
    settle_names(images, options.name);
    for (const Imported& image : images) {
        check_whole(store, image);
        if (!options.replace)
            check_not_taken(store, image);
    }
    for (Imported& image : images)
        set_name(store, image);
    return images;
}

} // namespace

std::vector<Imported> import_images(Store& store, Source& archive, const ImportOptions& options) {
    auto session = store.session();
    ArchiveContent content = unpack(store, archive, options.limits);
    if (content.documents.contains("index.json"))
        return adopt(store, images_of_layout(content), options);
    if (content.documents.contains("manifest.json"))
        return adopt(store, images_of_docker(store, content), options);
    throw Error("the archive has neither 'index.json' nor 'manifest.json', so it holds no images");
}

std::vector<Imported> import_directory(Store& store, const std::string& directory,
                                       const ImportOptions& options) {
    auto session = store.session();
    if (!exists(directory + "/index.json"))
        throw Error("directory '{}' is not an OCI image layout: it has no 'index.json'", directory);
    Store layout(directory, false);
    ArchiveContent content;
    content.documents["index.json"] = read_file(directory + "/index.json", max_document);
    auto images = images_of_layout(content);
    for (const Imported& image : images)
        for (const auto& [digest, blob] : reachable(layout, {image.root})) {
            if (!layout.has(blob) || store.has(blob))
                continue;
            BlobWriter writer = store.write(digest.algorithm());
            copy(*layout.read(blob), writer);
            writer.commit_expecting(blob);
        }
    return adopt(store, std::move(images), options);
}

} // namespace coracle
