// SPDX-License-Identifier: Apache-2.0
#include "store/resolve.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "oci/media_types.h"

namespace coracle {

namespace {

constexpr int max_depth = 4;
constexpr size_t max_documents = 256;

/// A manifest for a platform, with the attestations that lie beside it.
struct Candidate {
    Descriptor manifest;
    Platform platform;
    std::vector<Descriptor> attestations = {};
};

bool is_attestation(const Descriptor& entry) {
    return !entry.annotation(annotation::reference_type).empty() ||
           (entry.platform && entry.platform->is_unknown());
}

/// Finds all image manifests below a root.
class Walk {
public:
    Walk(const Store& store, std::string name) : store_(store), name_(std::move(name)) {}

    void root(const Descriptor& descriptor) {
        if (media_type::is_index(descriptor.media_type))
            index(descriptor, 0);
        else
            manifest(descriptor, {});
    }

    const std::vector<Candidate>& candidates() const { return candidates_; }
    /// What could not be looked at because its blob is absent; "" when all was there.
    const std::string& missing() const { return missing_; }

private:
    void index(const Descriptor& descriptor, int depth) {
        if (depth >= max_depth)
            throw Error("{} has indexes nested more than {} deep", name_, max_depth);
        if (++documents_ > max_documents)
            throw Error("{} has more than {} documents", name_, max_documents);
        if (!present(descriptor, "index"))
            return;
        Index parsed = Index::parse(store_.read_document(descriptor), "index of " + name_);
        for (const Descriptor& entry : parsed.manifests) {
            if (is_attestation(entry))
                continue;
            if (media_type::is_index(entry.media_type))
                index(entry, depth + 1);
            else if (media_type::is_manifest(entry.media_type))
                manifest(entry, parsed.manifests);
        }
    }

    void manifest(const Descriptor& entry, const std::vector<Descriptor>& siblings) {
        Candidate candidate{entry, {}, {}};
        if (entry.platform) {
            candidate.platform = *entry.platform;
        } else if (auto platform = platform_of(entry)) {
            candidate.platform = *platform;
        } else {
            return;
        }
        std::ranges::copy_if(
            siblings, std::back_inserter(candidate.attestations), [&](const Descriptor& other) {
                return is_attestation(other) &&
                       other.annotation(annotation::reference_digest) == entry.digest.str();
            });
        candidates_.push_back(std::move(candidate));
    }

    // An entry need not say what it is for; then its configuration does.
    std::optional<Platform> platform_of(const Descriptor& entry) {
        if (++documents_ > max_documents)
            throw Error("{} has more than {} documents", name_, max_documents);
        if (!present(entry, "manifest"))
            return std::nullopt;
        auto parsed = Manifest::parse(store_.read_document(entry), "manifest of " + name_);
        if (!media_type::is_image_config(parsed.config.media_type))
            return Platform{};
        if (!present(parsed.config, "configuration"))
            return std::nullopt;
        return ImageConfig::parse(store_.read_document(parsed.config), "configuration of " + name_)
            .platform;
    }

    bool present(const Descriptor& descriptor, std::string_view what) {
        if (store_.has(descriptor))
            return true;
        missing_ = fmt::format("its {} {}", what, descriptor.digest.str());
        return false;
    }

    const Store& store_;
    std::string name_;
    std::vector<Candidate> candidates_;
    std::string missing_;
    size_t documents_ = 0;
};

const Candidate* nearest(const std::vector<Candidate>& candidates, const Platform& wanted) {
    const Candidate* best = nullptr;
    unsigned best_distance = 0;
    for (const Candidate& candidate : candidates) {
        auto distance = wanted.distance(candidate.platform);
        // An image that says nothing of its platform, e.g. one made from scratch, runs anywhere.
        if (candidate.platform.architecture.empty())
            distance = 10'000;
        if (distance && (!best || *distance < best_distance)) {
            best = &candidate;
            best_distance = *distance;
        }
    }
    return best;
}

std::string list_of(const std::vector<Candidate>& candidates) {
    std::set<std::string> names;
    for (const Candidate& candidate : candidates)
        names.insert(candidate.platform.str());
    return join(std::vector<std::string>(names.begin(), names.end()), ", ");
}

/// An image, or what is missing of it.
struct Found {
    std::optional<ResolvedImage> image = {};
    std::string missing = {};
};

std::string first_missing(const Store& store, const Manifest& manifest) {
    if (!store.has(manifest.config))
        return fmt::format("its configuration {}", manifest.config.digest.str());
    for (const Descriptor& layer : manifest.layers)
        if (!store.has(layer))
            return fmt::format("its layer {}", layer.digest.str());
    return "";
}

Found load(const Store& store, const Reference& reference, const Descriptor& root,
           const Candidate& candidate) {
    std::string name = reference.familiar();
    if (!store.has(candidate.manifest))
        return {.missing = fmt::format("its manifest for {}", candidate.platform.str())};
    auto manifest = Manifest::parse(store.read_document(candidate.manifest), "manifest of " + name);
    if (!media_type::is_image_config(manifest.config.media_type))
        throw Error("'{}' is an artifact of type '{}', not a container image", name,
                    manifest.artifact_type.empty() ? manifest.config.media_type
                                                   : manifest.artifact_type);
    if (std::string missing = first_missing(store, manifest); !missing.empty())
        return {.missing = std::move(missing)};
    auto config =
        ImageConfig::parse(store.read_document(manifest.config), "configuration of " + name);
    if (config.diff_ids.size() != manifest.layers.size())
        throw Error("image '{}' has {} layers, but its configuration speaks of {}", name,
                    manifest.layers.size(), config.diff_ids.size());
    return {.image = ResolvedImage{reference, root, candidate.manifest, std::move(manifest),
                                   std::move(config), candidate.platform, candidate.attestations}};
}

Found look_for(const Store& store, const Reference& reference, const Platform& platform) {
    auto root = store.find(reference);
    if (!root)
        return {};
    std::string name = reference.familiar();
    Walk walk(store, name);
    walk.root(*root);
    if (const Candidate* candidate = nearest(walk.candidates(), platform))
        return load(store, reference, *root, *candidate);
    if (!walk.missing().empty())
        return {.missing = walk.missing()};
    if (walk.candidates().empty())
        throw Error("image '{}' has no manifest for any platform", name);
    throw Error("image '{}' has no {}; it has {}", name, platform.str(),
                list_of(walk.candidates()));
}

} // namespace

ResolvedImage resolve(const Store& store, const Reference& reference, const Platform& platform) {
    Found found = look_for(store, reference, platform);
    if (found.image)
        return std::move(*found.image);
    std::string name = reference.familiar();
    std::string hint = fmt::format("coracle cache pull --platform {} {}", platform.str(), name);
    if (found.missing.empty())
        throw Error("image '{}' is not in the cache '{}'", name, store.directory())
            .hint(std::move(hint));
    throw Error("image '{}' is not complete in the cache '{}': {} is missing", name,
                store.directory(), found.missing)
        .hint(std::move(hint));
}

std::optional<ResolvedImage> find_image(const Store& store, const Reference& reference,
                                        const Platform& platform) {
    return look_for(store, reference, platform).image;
}

std::vector<Platform> platforms_of(const Store& store, const Descriptor& root, bool present) {
    Walk walk(store, root.digest.str());
    walk.root(root);
    std::set<Platform> platforms;
    for (const Candidate& candidate : walk.candidates())
        if (!present || store.has(candidate.manifest))
            platforms.insert(candidate.platform);
    return {platforms.begin(), platforms.end()};
}

std::vector<Attestation> attestations_of(const Store& store, const ResolvedImage& image) {
    std::vector<Attestation> result;
    for (const Descriptor& descriptor : image.attestations) {
        if (!store.has(descriptor) || !media_type::is_manifest(descriptor.media_type))
            continue;
        auto manifest = Manifest::parse(store.read_document(descriptor),
                                        "attestation manifest of " + image.reference.familiar());
        for (const Descriptor& layer : manifest.layers)
            if (layer.media_type == media_type::in_toto && store.has(layer))
                result.push_back({layer.annotation("in-toto.io/predicate-type"), layer});
    }
    return result;
}

} // namespace coracle
