// SPDX-License-Identifier: Apache-2.0
#include "store/export.h"

#include <map>

#include <nlohmann/json.hpp>

#include "archive/tar_writer.h"
#include "base/error.h"
#include "oci/media_types.h"
#include "store/reachable.h"
#include "store/resolve.h"

namespace coracle {

namespace {

constexpr const char* containerd_name = "io.containerd.image.name";

/// Writes members of an archive that is the same each time.
class Archive {
public:
    explicit Archive(Sink& sink) : tar_(sink) {}

    void directory(const std::string& path) {
        Entry entry = member(path, 0);
        entry.type = EntryType::directory;
        entry.mode = 0755;
        tar_.add(entry);
    }
    void file(const std::string& path, std::string_view content) {
        tar_.add(member(path, content.size()), content);
    }
    void blob(const Store& store, const Descriptor& descriptor) {
        auto source = store.read(descriptor);
        tar_.add(member(blob_name(descriptor.digest), descriptor.size), *source);
        // The end is where damage is told.
        skip(*source);
    }
    void finish() { tar_.finish(); }

    static std::string blob_name(const Digest& digest) {
        return fmt::format("blobs/{}/{}", digest.algorithm_name(), digest.hex());
    }

private:
    static Entry member(const std::string& path, uint64_t size) {
        Entry entry;
        entry.path = TreePath(path);
        entry.size = size;
        return entry;
    }

    TarWriter tar_;
};

std::string index_json(Descriptor root, const Reference& name, ExportOptions::Format format) {
    bool docker = format == ExportOptions::Format::docker;
    root.platform.reset();
    root.annotations[annotation::ref_name] =
        docker ? name.tag_or_latest().value_or("latest") : name.full();
    if (docker)
        root.annotations[containerd_name] = name.full();
    return Index{.media_type = std::string(media_type::oci_index), .manifests = {root}}.str();
}

// What Docker reads: one list of configurations and layers with the names they get.
std::string manifest_json(const ResolvedImage& image, const Reference& name) {
    nlohmann::ordered_json entry;
    entry["Config"] = Archive::blob_name(image.manifest.config.digest);
    entry["RepoTags"] = nlohmann::json::array();
    if (auto tag = name.tag_or_latest())
        entry["RepoTags"].push_back(name.with_tag(*tag).familiar());
    entry["Layers"] = nlohmann::json::array();
    for (const Descriptor& layer : image.manifest.layers)
        entry["Layers"].push_back(Archive::blob_name(layer.digest));
    return nlohmann::ordered_json::array({entry}).dump();
}

/// All blobs of what is exported. An index may speak of platforms that were never pulled; what is
/// there must be there whole.
std::map<Digest, Descriptor> blobs_of(const Store& store, const Reference& reference,
                                      const Descriptor& root) {
    for (const Platform& platform : platforms_of(store, root, true))
        resolve(store, reference, platform);
    auto blobs = reachable(store, {root});
    std::erase_if(blobs, [&](const auto& item) { return !store.has(item.second); });
    return blobs;
}

} // namespace

void export_image(const Store& store, const Reference& reference, const ExportOptions& options,
                  Sink& sink) {
    bool docker = options.format == ExportOptions::Format::docker;
    Reference name = options.name.empty() ? reference : Reference::parse(options.name);
    std::optional<ResolvedImage> image;
    if (docker || options.platform)
        image = resolve(store, reference, options.platform.value_or(Platform::host()));
    auto root = image ? image->descriptor : store.find(reference);
    if (!root)
        throw Error("image '{}' is not in the cache '{}'", reference.familiar(), store.directory());

    Archive archive(sink);
    archive.file("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
    archive.file("index.json", index_json(*root, name, options.format));
    if (docker)
        archive.file("manifest.json", manifest_json(*image, name));
    archive.directory("blobs");
    auto blobs = blobs_of(store, reference.with_digest(root->digest), *root);
    std::string_view algorithm;
    for (const auto& [digest, descriptor] : blobs) {
        if (digest.algorithm_name() != algorithm) {
            algorithm = digest.algorithm_name();
            archive.directory(fmt::format("blobs/{}", algorithm));
        }
        archive.blob(store, descriptor);
    }
    archive.finish();
}

} // namespace coracle
