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
    /// What could not be looked at because its blob is absent.
    const std::vector<Descriptor>& missing() const { return missing_; }

private:
    void index(const Descriptor& descriptor, int depth) {
        if (depth >= max_depth)
            throw Error("{} has indexes nested more than {} deep", name_, max_depth);
        if (++documents_ > max_documents)
            throw Error("{} has more than {} documents", name_, max_documents);
        if (!present(descriptor))
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
        if (!present(entry))
            return std::nullopt;
        auto parsed = Manifest::parse(store_.read_document(entry), "manifest of " + name_);
        if (!media_type::is_image_config(parsed.config.media_type))
            return Platform{};
        if (!present(parsed.config))
            return std::nullopt;
        return ImageConfig::parse(store_.read_document(parsed.config), "configuration of " + name_)
            .platform;
    }

    bool present(const Descriptor& descriptor) {
        if (store_.has(descriptor))
            return true;
        missing_.push_back(descriptor);
        return false;
    }

    const Store& store_;
    std::string name_;
    std::vector<Candidate> candidates_;
    std::vector<Descriptor> missing_;
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

std::vector<Platform> platforms_in(const std::vector<Candidate>& candidates) {
    std::set<Platform> platforms;
    for (const Candidate& candidate : candidates)
        platforms.insert(candidate.platform);
    return {platforms.begin(), platforms.end()};
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
           const Selection& selection) {
    std::string name = reference.familiar();
    const Descriptor& descriptor = *selection.manifest;
    if (!store.has(descriptor))
        return {.missing = fmt::format("its manifest for {}", selection.platform.str())};
    auto manifest = Manifest::parse(store.read_document(descriptor), "manifest of " + name);
    if (!media_type::is_image_config(manifest.config.media_type))
        throw not_an_image(name, manifest);
    if (std::string missing = first_missing(store, manifest); !missing.empty())
        return {.missing = std::move(missing)};
    auto config =
        ImageConfig::parse(store.read_document(manifest.config), "configuration of " + name);
    if (config.diff_ids.size() != manifest.layers.size())
        throw Error("image '{}' has {} layers, but its configuration speaks of {}", name,
                    manifest.layers.size(), config.diff_ids.size());
    return {.image = ResolvedImage{reference, root, descriptor, std::move(manifest),
                                   std::move(config), selection.platform, selection.attestations}};
}

Found look_for(const Store& store, const Reference& reference, const Platform& platform) {
    auto root = store.find(reference);
    if (!root)
        return {};
    std::string name = reference.familiar();
    Selection selection = select_platform(store, name, *root, platform);
    if (selection.manifest)
        return load(store, reference, *root, selection);
    if (!selection.missing.empty()) {
        const Descriptor& missing = selection.missing.front();
        return {.missing =
                    fmt::format("its {} {}",
                                media_type::is_index(missing.media_type)      ? "index"
                                : media_type::is_manifest(missing.media_type) ? "manifest"
                                                                              : "configuration",
                                missing.digest.str())};
    }
    throw no_such_platform(name, platform, selection.offered);
}

} // namespace

Selection select_platform(const Store& store, const std::string& name, const Descriptor& root,
                          const Platform& platform) {
    Walk walk(store, name);
    walk.root(root);
    Selection selection{.missing = walk.missing(), .offered = platforms_in(walk.candidates())};
    if (const Candidate* candidate = nearest(walk.candidates(), platform)) {
        selection.manifest = candidate->manifest;
        selection.platform = candidate->platform;
        selection.attestations = candidate->attestations;
    }
    return selection;
}

Error no_such_platform(const std::string& name, const Platform& platform,
                       const std::vector<Platform>& offered) {
    if (offered.empty())
        return Error("image '{}' has no manifest for any platform", name);
    std::vector<std::string> names;
    for (const Platform& other : offered)
        names.push_back(other.str());
    return Error("image '{}' has no {}; it has {}", name, platform.str(), join(names, ", "));
}

Error not_an_image(const std::string& name, const Manifest& manifest) {
    const std::string& type =
        manifest.artifact_type.empty() ? manifest.config.media_type : manifest.artifact_type;
    Error error("'{}' is an artifact of type '{}', not a container image", name, type);
    if (type == media_type::system)
        error.hint(fmt::format("coracle pull-output {}, or coracle run {}", name, name));
    return error;
}

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
