// SPDX-License-Identifier: Apache-2.0
#include "registry/pull.h"

#include <future>
#include <list>
#include <set>

#include "base/error.h"
#include "base/thread_pool.h"
#include "oci/media_types.h"
#include "registry/mirrors.h"
#include "registry/repository.h"

namespace coracle {

namespace {

constexpr int max_rounds = 16; ///< of fetching what an index points to

/// One image on its way from one server.
class Pull {
public:
    Pull(Store& store, const Reference& reference, const Platform& platform, Endpoint& endpoint)
        : store_(store), reference_(reference), platform_(platform), endpoint_(endpoint),
          name_(reference.familiar()), repository_(endpoint, reference.repository()) {}

    ResolvedImage run() {
        Descriptor root = fetch_root();
        Selection selection = select(root);
        fetch_document(*selection.manifest);
        fetch_blobs(blobs_of(*selection.manifest));
        fetch_attestations(selection.attestations);
        ResolvedImage image = resolve(store_, reference_.with_digest(root.digest), platform_);
        image.root = set_name(root, selection);
        image.reference = reference_;
        return image;
    }

private:
    Descriptor fetch_root() {
        std::string wanted =
            reference_.digest() ? reference_.digest()->str() : *reference_.tag_or_latest();
        auto document = repository_.document(wanted);
        if (!document)
            throw Error("image '{}' is not in registry '{}'", name_, endpoint_.name());
        keep(document->descriptor, document->text);
        return document->descriptor;
    }

    /// Fetches nested indexes, and whatever says which platform a manifest is for, until one is
    /// chosen.
    Selection select(const Descriptor& root) {
        for (int round = 0; round < max_rounds; ++round) {
            Selection selection = select_platform(store_, name_, root, platform_);
            if (selection.missing.empty() && !selection.manifest)
                throw no_such_platform(name_, platform_, selection.offered);
            if (selection.missing.empty())
                return selection;
            for (const Descriptor& missing : selection.missing)
                fetch(missing);
        }
        throw Error("image '{}' has indexes in indexes without end", name_);
    }

    void fetch(const Descriptor& descriptor) {
        if (media_type::is_index(descriptor.media_type) ||
            media_type::is_manifest(descriptor.media_type))
            fetch_document(descriptor);
        else
            fetch_blobs({descriptor});
    }

    void fetch_document(const Descriptor& descriptor) {
        if (store_.has(descriptor))
            return;
        auto document = repository_.document(descriptor.digest.str());
        if (!document)
            throw Error("registry '{}' lacks {} of image '{}'", endpoint_.name(),
                        descriptor.digest.str(), name_);
        keep(descriptor, document->text);
    }

    void keep(const Descriptor& descriptor, const std::string& text) {
        BlobWriter writer = store_.write(descriptor.digest.algorithm());
        writer.write(text);
        writer.commit_expecting(descriptor);
    }

    std::vector<Descriptor> blobs_of(const Descriptor& descriptor) {
        auto manifest = Manifest::parse(store_.read_document(descriptor), "manifest of " + name_);
        std::vector<Descriptor> blobs{manifest.config};
        for (Descriptor& layer : manifest.layers) {
            if (media_type::is_image_config(manifest.config.media_type))
                static_cast<void>(compression_of_layer(layer.media_type));
            blobs.push_back(std::move(layer));
        }
        return blobs;
    }

    void fetch_blobs(std::vector<Descriptor> blobs) {
        std::set<Digest> seen;
        std::erase_if(blobs, [&](const Descriptor& blob) {
            return store_.has(blob) || !seen.insert(blob.digest).second;
        });
        if (blobs.empty())
            return;
        ThreadPool pool(std::min<unsigned>(std::max(1u, endpoint_.options().parallel),
                                           static_cast<unsigned>(blobs.size())));
        std::vector<std::future<void>> results;
        for (const Descriptor& blob : blobs)
            results.push_back(pool.submit([this, &blob] { fetch_blob(blob); }));
        for (auto& result : results)
            result.get();
    }

    void fetch_blob(const Descriptor& blob) {
        Repository repository(endpoint_, reference_.repository());
        Task task(endpoint_.reporter(), fmt::format("{} {}", name_, blob.digest.short_hex()),
                  blob.size);
        BlobWriter writer = store_.write(blob.digest.algorithm());
        repository.read_blob(blob, writer, [&](uint64_t bytes) { task.advance(bytes); });
        writer.commit_expecting(blob);
    }

    void fetch_attestations(const std::vector<Descriptor>& attestations) {
        for (const Descriptor& attestation : attestations) {
            if (!media_type::is_manifest(attestation.media_type))
                continue;
            fetch_document(attestation);
            fetch_blobs(blobs_of(attestation));
        }
    }

    Descriptor set_name(const Descriptor& root, const Selection& selection) {
        // Other readers of the layout expect an index behind each tag.
        if (media_type::is_manifest(root.media_type) && !reference_.digest())
            return store_.tag_platform(reference_, selection.platform, root);
        store_.tag(reference_, root);
        return root;
    }

    Store& store_;
    const Reference& reference_;
    const Platform& platform_;
    Endpoint& endpoint_;
    std::string name_;
    Repository repository_;
};

} // namespace

ResolvedImage pull(Store& store, const Reference& reference, const Platform& platform,
                   const RegistryOptions& options, Reporter& reporter) {
    auto session = store.session();
    for (const std::string& mirror : mirrors_of(reference.registry(), options)) {
        Endpoint endpoint(reference.registry(), mirror, options, reporter);
        try {
            return Pull(store, reference, platform, endpoint).run();
        } catch (const Error& error) {
            reporter.warning(fmt::format("mirror '{}' does not serve '{}': {}", mirror,
                                         reference.familiar(), error.message()));
        }
    }
    Endpoint endpoint(reference.registry(), "", options, reporter);
    return within([&] { return fmt::format("while pulling '{}'", reference.familiar()); },
                  [&] { return Pull(store, reference, platform, endpoint).run(); });
}

} // namespace coracle
