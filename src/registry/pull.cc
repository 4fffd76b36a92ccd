// SPDX-License-Identifier: Apache-2.0
#include "registry/pull.h"

#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "oci/media_types.h"
#include "registry/blob_workers.h"
#include "registry/places.h"
#include "registry/repository.h"
#include "registry/retry.h"
#include "store/partial_blob.h"

namespace coracle {

namespace {

constexpr int max_rounds = 16; ///< of fetching what an index points to
constexpr uint64_t max_config = 4 << 20;
constexpr uint64_t worth_keeping = 1 << 20; ///< of a blob that breaks off
constexpr std::chrono::hours kept_for{7 * 24};

/// One image on its way from one server.
class Pull {
public:
    Pull(Store& store, const Reference& reference, Endpoint& endpoint, std::string repository)
        : store_(store), reference_(reference), endpoint_(endpoint), name_(reference.familiar()),
          repository_name_(std::move(repository)), repository_(endpoint, repository_name_) {}

    ResolvedImage run(const Platform& platform) { return run_for(fetch_root(), platform); }

    std::vector<ResolvedImage> run_all() {
        Descriptor root = fetch_root();
        std::vector<ResolvedImage> images;
        for (const Platform& platform : select(root, std::nullopt).offered)
            images.push_back(run_for(root, platform));
        if (images.empty())
            throw Error("image '{}' has no manifest for any platform", name_);
        return images;
    }

    Artifact run_artifact(const AcceptArtifact& accept) {
        Descriptor root = fetch_root();
        if (media_type::is_index(root.media_type))
            throw Error("'{}' is an index of images, not an artifact", name_);
        Artifact artifact{reference_, root,
                          Manifest::parse(store_.read_document(root), "manifest of " + name_)};
        accept(artifact);
        fetch_blobs(blobs_of(root));
        store_.tag(reference_, root);
        return artifact;
    }

private:
    ResolvedImage run_for(const Descriptor& root, const Platform& platform) {
        Selection selection = select(root, platform);
        fetch_document(*selection.manifest);
        check_is_image(*selection.manifest);
        fetch_blobs(blobs_of(*selection.manifest));
        fetch_attestations(selection.attestations);
        ResolvedImage image = resolve(store_, reference_.with_digest(root.digest), platform);
        image.root = set_name(root, selection);
        image.reference = reference_;
        return image;
    }

    /// Before an artifact's blobs are brought, which may be large.
    void check_is_image(const Descriptor& descriptor) {
        auto manifest = Manifest::parse(store_.read_document(descriptor), "manifest of " + name_);
        if (!media_type::is_image_config(manifest.config.media_type))
            throw not_an_image(name_, manifest);
    }

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
    /// chosen; without a platform until all are known.
    Selection select(const Descriptor& root, const std::optional<Platform>& platform) {
        for (int round = 0; round < max_rounds; ++round) {
            Selection selection =
                select_platform(store_, name_, root, platform.value_or(Platform()));
            if (platform && selection.missing.empty() && !selection.manifest)
                throw no_such_platform(name_, *platform, selection.offered);
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
            fetch_blobs({checked_config(descriptor)});
    }

    /// A configuration is read whole later.
    const Descriptor& checked_config(const Descriptor& config) {
        if (config.size > max_config)
            throw Error("image '{}' has a configuration of {}", name_, human_size(config.size));
        return config;
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
        std::vector<Descriptor> blobs{checked_config(manifest.config)};
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
        check_space(blobs);
        for_each_blob(endpoint_, repository_name_, std::move(blobs),
                      [&](Repository& repository, const Descriptor& blob,
                          const std::function<void()>& check) {
                          Task task(endpoint_.reporter(),
                                    fmt::format("{} {}", name_, blob.digest.short_hex()),
                                    blob.size);
                          fetch_blob(repository, blob, [&](uint64_t bytes) {
                              check();
                              task.advance(bytes);
                          });
                      });
    }

    /// Better now than when everything else on the disk has suffered too.
    void check_space(const std::vector<Descriptor>& blobs) {
        uint64_t needed = 0;
        for (const Descriptor& blob : blobs)
            needed += std::min(blob.size, UINT64_MAX - needed);
        std::error_code error;
        uint64_t free = std::filesystem::space(store_.directory(), error).available;
        if (!error && needed > free)
            throw Error("image '{}' needs {} in the cache '{}', whose disk has {} left", name_,
                        human_size(needed), store_.directory(), human_size(free))
                .hint("coracle cache clean --unused, or --cache DIRECTORY on another disk");
    }

    using Advance = std::function<void(uint64_t)>;

    void fetch_blob(Repository& repository, const Descriptor& blob, const Advance& advance) {
        if (blob.size >= worth_keeping) {
            auto patience = endpoint_.options().stall_timeout;
            if (auto partial = PartialBlob::open(store_, blob, patience))
                return fetch_partial(repository, blob, *partial, advance);
            if (store_.has(blob))
                return;
        }
        BlobWriter writer = store_.write(blob.digest.algorithm());
        repository.read_blob(blob, writer, advance);
        writer.commit_expecting(blob);
    }

    /// Goes on where a former process was, and leaves to the next what came before a failure.
    void fetch_partial(Repository& repository, const Descriptor& blob, PartialBlob& partial,
                       const Advance& advance) {
        auto from = partial.count();
        try {
            advance(from);
            repository.read_blob(blob, partial, advance, from);
            if (partial.commit())
                return;
            if (from > 0) { // perhaps what was here was damaged
                repository.read_blob(blob, partial, [](uint64_t) {});
                if (partial.commit())
                    return;
            }
        } catch (const TransportError&) {
            partial.keep();
            throw;
        } catch (const BusyError&) {
            partial.keep();
            throw;
        } catch (const OtherWorkFailed&) {
            partial.keep();
            throw;
        }
        throw Error("blob {} is damaged: what the registry sends has another digest",
                    blob.digest.str());
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
    Endpoint& endpoint_;
    std::string name_;
    std::string repository_name_; ///< there
    Repository repository_;
};

} // namespace

namespace {

/// Calls `work(endpoint, repository)` for one server after the other until one serves.
template <class Work>
auto from_any_place(Store& store, const Reference& reference, const RegistryOptions& options,
                    Reporter& reporter, const Work& work) {
    auto session = store.session();
    forget_old_partial_blobs(store, kept_for);
    for (const Place& place : places_of(reference, options)) {
        Endpoint endpoint(place, options, reporter);
        auto attempt = [&] { return work(endpoint, place.reference.repository()); };
        if (!place.mirror)
            return within([&] { return fmt::format("while pulling '{}'", reference.familiar()); },
                          attempt);
        try {
            return attempt();
        } catch (const Error& error) {
            reporter.warning(fmt::format("mirror '{}' does not serve '{}': {}", endpoint.name(),
                                         reference.familiar(), error.message()));
        }
    }
    throw Error("image '{}' is nowhere", reference.familiar()); // the last place is no mirror
}

} // namespace

ResolvedImage pull(Store& store, const Reference& reference, const Platform& platform,
                   const RegistryOptions& options, Reporter& reporter) {
    return from_any_place(store, reference, options, reporter,
                          [&](Endpoint& endpoint, const std::string& repository) {
                              return Pull(store, reference, endpoint, repository).run(platform);
                          });
}

std::vector<ResolvedImage> pull_all_platforms(Store& store, const Reference& reference,
                                              const RegistryOptions& options, Reporter& reporter) {
    return from_any_place(store, reference, options, reporter,
                          [&](Endpoint& endpoint, const std::string& repository) {
                              return Pull(store, reference, endpoint, repository).run_all();
                          });
}

Artifact pull_artifact(Store& store, const Reference& reference, const AcceptArtifact& accept,
                       const RegistryOptions& options, Reporter& reporter) {
    return from_any_place(
        store, reference, options, reporter,
        [&](Endpoint& endpoint, const std::string& repository) {
            return Pull(store, reference, endpoint, repository).run_artifact(accept);
        });
}

} // namespace coracle
