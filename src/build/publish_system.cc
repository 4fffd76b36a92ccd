// SPDX-License-Identifier: Apache-2.0
#include "build/publish_system.h"

#include <filesystem>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "build/provenance.h"
#include "build/system_artifact.h"
#include "inspect/open.h"
#include "io/file_io.h"
#include "io/hash.h"
#include "io/memory.h"
#include "oci/empty_config.h"
#include "oci/media_types.h"
#include "registry/blob_workers.h"
#include "registry/places.h"
#include "registry/referrers.h"

namespace coracle {

namespace {

constexpr const char* predicate_key = "in-toto.io/predicate-type";

Descriptor layer_of(const std::string& path) {
    FileSource file(path);
    HashingSource hashing(file);
    skip(hashing);
    std::string title = path.substr(path.rfind('/') + 1);
    Descriptor layer{std::string(output_media_type(title)),
                     Digest::from_hex(HashAlgorithm::sha256, hashing.hex()), hashing.count()};
    layer.annotations[annotation::title] = title;
    return layer;
}

/// A document beside the system.
struct Attached {
    std::string type;
    std::string title;
    std::string text;
};

std::string type_of_bill(const std::string& text) {
    bool cyclonedx = text.find("\"bomFormat\"") < text.find("\"spdxVersion\"");
    return cyclonedx ? "application/vnd.cyclonedx+json" : "application/spdx+json";
}

constexpr uint64_t most_bill = 256 << 20;

Attached given_bill(const std::string& path) {
    std::string text = read_file(path, most_bill);
    if (text.find("\"bomFormat\"") == std::string::npos &&
        text.find("\"spdxVersion\"") == std::string::npos)
        throw Error("'{}' is neither an SPDX nor a CycloneDX document in JSON", path)
            .hint("coracle build --sbom-file FILE writes one");
    std::string type = type_of_bill(text);
    return {std::move(type), path.substr(path.rfind('/') + 1), std::move(text)};
}

/// From the first file that has one.
std::optional<Attached> bill_of_materials(const SystemFiles& system, Reporter& reporter) {
    InspectOptions options;
    options.document = "sbom.spdx.json";
    std::string trouble = "none of the files can be looked into";
    for (const std::string& path : system.paths) {
        bool readable = path.ends_with("-initrd.img") || path.ends_with(".tar") ||
                        path.ends_with(".docker") || path.ends_with(".efi");
        if (!readable || path.ends_with("-root-initrd.img"))
            continue;
        try {
            if (auto text = read_contents(path, options).document) {
                std::string type = type_of_bill(*text);
                return Attached{std::move(type), "sbom.spdx.json", std::move(*text)};
            }
            trouble = fmt::format("'{}' has none", path);
        } catch (const Error& error) {
            trouble = error.message();
        }
    }
    reporter.warning(fmt::format("'{}' goes without its bill of materials: {} (try: build "
                                 "--sbom-file FILE, then push with --sbom FILE)",
                                 system.name, trouble));
    return std::nullopt;
}

/// A built system on its way to one registry.
class Publication {
public:
    Publication(const PublishOptions& options, Endpoint& endpoint, std::string repository,
                Reporter& reporter)
        : options_(options), endpoint_(endpoint), name_(std::move(repository)),
          repository_(endpoint, name_), reporter_(reporter) {}

    Pushed run() {
        SystemFiles system = find_outputs(options_.outputs);
        std::optional<Attached> bill;
        if (!options_.sbom.empty())
            bill = given_bill(options_.sbom);
        Manifest manifest = manifest_of(system);
        std::string text = manifest.str();
        Descriptor root{manifest.media_type, Digest::of(text), text.size()};
        auto tag = options_.remote.tag_or_latest();
        if (!tag)
            throw Error("'{}' is no name to push to: it has a digest", options_.remote.familiar());
        if (!options_.replace)
            repository_.check_free(options_.remote.with_tag(*tag), root);
        send_files(system, manifest);
        put(manifest.config, empty_config);
        repository_.write_document(root.digest.str(), manifest.media_type, text);
        attach(root, provenance(manifest), {{predicate_key, std::string(provenance_predicate)}});
        if (!bill)
            bill = bill_of_materials(system, reporter_);
        if (bill)
            attach(root, *bill, {});
        repository_.write_document(*tag, manifest.media_type, text);
        return {options_.remote.with_tag(*tag).full(), root.digest};
    }

private:
    static Manifest manifest_of(const SystemFiles& system) {
        Manifest manifest{.media_type = std::string(media_type::oci_manifest),
                          .config = empty_config_descriptor(),
                          .annotations = {{annotation::system_name, system.name}},
                          .artifact_type = std::string(media_type::system)};
        for (const std::string& path : system.paths)
            manifest.layers.push_back(layer_of(path));
        check_system(manifest, system.name);
        return manifest;
    }

    void send_files(const SystemFiles& system, const Manifest& manifest) {
        std::map<Digest, std::string> paths;
        std::vector<Descriptor> blobs;
        for (size_t i = 0; i < manifest.layers.size(); ++i)
            if (paths.emplace(manifest.layers[i].digest, system.paths[i]).second)
                blobs.push_back(manifest.layers[i]);
        for_each_blob(endpoint_, name_, std::move(blobs),
                      [&](Repository& repository, const Descriptor& blob,
                          const std::function<void()>& check) {
                          if (!repository.has_blob(blob))
                              send_file(repository, blob, paths.at(blob.digest), check);
                      });
    }

    /// The registry compares what it gets with the digest: a file that changed is refused.
    void send_file(Repository& repository, const Descriptor& blob, const std::string& path,
                   const std::function<void()>& check) {
        Task task(reporter_, blob.annotation(annotation::title), blob.size);
        repository.write_blob(
            UploadContent{.descriptor = blob,
                          .open = [&] { return std::make_unique<FileSource>(path); },
                          .advance =
                              [&](uint64_t bytes) {
                                  check();
                                  task.advance(bytes);
                              }});
    }

    Attached provenance(const Manifest& manifest) const {
        LockFile lock;
        if (!options_.lock.empty())
            lock = LockFile::parse(read_file(options_.lock),
                                   fmt::format("lock file '{}'", options_.lock));
        return {std::string(media_type::in_toto), "provenance.json",
                provenance_statement(manifest, lock)};
    }

    void attach(const Descriptor& root, const Attached& attached, Annotations annotations) {
        Descriptor layer{attached.type, Digest::of(attached.text), attached.text.size()};
        layer.annotations = annotations;
        layer.annotations[annotation::title] = attached.title;
        Manifest manifest{.media_type = std::string(media_type::oci_manifest),
                          .config = empty_config_descriptor(),
                          .layers = {layer},
                          .annotations = std::move(annotations),
                          .artifact_type = attached.type,
                          .subject = root};
        put(layer, attached.text);
        push_referrer(repository_, manifest);
    }

    void put(const Descriptor& descriptor, std::string_view content) {
        if (!repository_.has_blob(descriptor))
            repository_.write_blob(descriptor,
                                   [&] { return std::make_unique<MemorySource>(content); });
    }

    const PublishOptions& options_;
    Endpoint& endpoint_;
    std::string name_; ///< of the repository
    Repository repository_;
    Reporter& reporter_;
};

} // namespace

Pushed publish_system(const PublishOptions& publish_options, const RegistryOptions& options,
                      Reporter& reporter) {
    Place place = home_of(publish_options.remote);
    Endpoint endpoint(place, options, reporter);
    return within(
        [&] { return fmt::format("while pushing '{}'", publish_options.remote.familiar()); },
        [&] {
            return Publication(publish_options, endpoint, place.reference.repository(), reporter)
                .run();
        });
}

} // namespace coracle
