// SPDX-License-Identifier: Apache-2.0
#include "trust/sign.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "io/memory.h"
#include "oci/manifest.h"
#include "oci/media_types.h"
#include "registry/base64.h"
#include "registry/places.h"
#include "registry/referrers.h"
#include "store/attached.h"
#include "store/resolve.h"
#include "trust/payload.h"
#include "trust/signatures.h"

namespace coracle {

namespace {

constexpr int max_attempts = 5; ///< of adding to a tag that others change too

/// A signature on its way: what is signed, and the layer that carries it.
struct Fresh {
    std::string payload;
    Descriptor layer;
};

Fresh sign_digest(const Reference& name, const Digest& digest, const PrivateKey& key) {
    std::string payload = Payload{.identity = name.name(), .digest = digest}.str();
    Descriptor layer{std::string(media_type::simple_signing), Digest::of(payload), payload.size()};
    layer.annotations[annotation::cosign_signature] = base64_encode(key.sign(payload));
    return {std::move(payload), std::move(layer)};
}

/// The configuration that goes with a manifest of signatures: that of an image with these layers.
std::string config_of(const std::vector<Descriptor>& layers) {
    nlohmann::ordered_json config;
    config["architecture"] = "";
    config["os"] = "";
    config["config"] = nlohmann::ordered_json::object();
    config["rootfs"] = {{"type", "layers"}, {"diff_ids", nlohmann::ordered_json::array()}};
    for (const Descriptor& layer : layers)
        config["rootfs"]["diff_ids"].push_back(layer.digest.str());
    return config.dump();
}

Manifest manifest_of(std::vector<Descriptor> layers, std::string_view config_type) {
    std::string config = config_of(layers);
    return {.media_type = std::string(media_type::oci_manifest),
            .config = {std::string(config_type), Digest::of(config), config.size()},
            .layers = std::move(layers)};
}

/// True when the manifest holds a signature by the key over that very payload.
bool has_signature(const std::vector<Descriptor>& layers, const Fresh& fresh,
                   const PublicKey& key) {
    return std::ranges::any_of(layers, [&](const Descriptor& layer) {
        auto signature = base64_decode(layer.annotation(annotation::cosign_signature));
        return layer.digest == fresh.layer.digest && signature &&
               key.verifies(fresh.payload, *signature);
    });
}

/// Puts signatures into one repository.
class Publisher {
public:
    Publisher(Repository& repository, const Reference& name, const PrivateKey& key)
        : repository_(repository), name_(name), key_(key), public_key_(key.public_key()) {}

    Signed sign(const Descriptor& subject, bool as_referrer) {
        Fresh fresh = sign_digest(name_, subject.digest, key_);
        bool made = as_referrer ? add_referrer(subject, fresh) : add_to_tag(subject, fresh);
        return {name_.with_digest(subject.digest).full(), made};
    }

private:
    bool add_referrer(const Descriptor& subject, const Fresh& fresh) {
        auto there =
            referrers_of(repository_, subject.digest, std::string(media_type::cosign_signature));
        if (there.size() > max_signatures)
            there.erase(there.begin() + max_signatures, there.end());
        for (const Descriptor& referrer : there) {
            auto layers = layers_of(referrer.digest.str());
            if (has_signature(layers, fresh, public_key_))
                return false;
        }
        Manifest manifest = manifest_of({fresh.layer}, media_type::cosign_signature);
        manifest.subject = Descriptor{subject.media_type, subject.digest, subject.size};
        put_blobs(manifest, fresh);
        push_referrer(repository_, manifest);
        return true;
    }

    /// Others may set the tag at the same time, and a registry keeps only what came last.
    bool add_to_tag(const Descriptor& subject, const Fresh& fresh) {
        std::string tag = signature_tag(subject.digest);
        for (int attempt = 0; attempt < max_attempts; ++attempt) {
            auto layers = layers_of(tag);
            if (has_signature(layers, fresh, public_key_))
                return attempt > 0;
            layers.push_back(fresh.layer);
            Manifest manifest = manifest_of(std::move(layers), media_type::oci_config);
            put_blobs(manifest, fresh);
            repository_.write_document(tag, manifest.media_type, manifest.str());
        }
        if (has_signature(layers_of(tag), fresh, public_key_))
            return true;
        throw Error("the tag '{}' does not keep the signature that is put there", tag);
    }

    std::vector<Descriptor> layers_of(const std::string& tag_or_digest) {
        auto document = repository_.document(tag_or_digest);
        if (!document)
            return {};
        return Manifest::parse(document->text, fmt::format("manifest of '{}'", tag_or_digest))
            .layers;
    }

    void put_blobs(const Manifest& manifest, const Fresh& fresh) {
        std::string config = config_of(manifest.layers);
        put(fresh.layer, fresh.payload);
        put(manifest.config, config);
    }

    void put(const Descriptor& descriptor, const std::string& content) {
        if (!repository_.has_blob(descriptor))
            repository_.write_blob(descriptor,
                                   [&] { return std::make_unique<MemorySource>(content); });
    }

    Repository& repository_;
    const Reference& name_;
    const PrivateKey& key_;
    PublicKey public_key_;
};

std::vector<Descriptor> subjects_in(const RemoteDocument& document, bool recursive) {
    std::vector<Descriptor> subjects{document.descriptor};
    if (recursive && media_type::is_index(document.descriptor.media_type))
        for (const Descriptor& entry : Index::parse(document.text, "index").manifests)
            if (!entry.platform || !entry.platform->is_unknown())
                subjects.push_back(entry);
    return subjects;
}

} // namespace

std::vector<Signed> sign_published(const Reference& reference, const PrivateKey& key,
                                   const SignOptions& options, const RegistryOptions& registry,
                                   Reporter& reporter) {
    return within(
        [&] { return fmt::format("while signing '{}'", reference.familiar()); },
        [&] {
            Place home = home_of(reference);
            Endpoint endpoint(home, registry, reporter);
            Repository repository(endpoint, home.reference.repository());
            auto document = repository.document(reference.digest() ? reference.digest()->str()
                                                                   : *reference.tag_or_latest());
            if (!document)
                throw Error("image '{}' is not in registry '{}'", reference.familiar(),
                            endpoint.name())
                    .hint(fmt::format("coracle cache push --sign KEY {}", reference.familiar()));
            Publisher publisher(repository, reference, key);
            std::vector<Signed> result;
            for (const Descriptor& subject : subjects_in(*document, options.recursive))
                result.push_back(publisher.sign(subject, options.referrers));
            return result;
        });
}

std::vector<Signed> sign_kept(Store& store, const Reference& reference, const PrivateKey& key) {
    auto session = store.session();
    auto root = store.find(reference);
    if (!root)
        throw Error("image '{}' is not in the cache '{}'", reference.familiar(), store.directory());
    std::vector<Digest> subjects{root->digest};
    for (const Platform& platform : platforms_of(store, *root, true)) {
        auto selection = select_platform(store, reference.familiar(), *root, platform);
        if (std::ranges::find(subjects, selection.manifest->digest) == subjects.end())
            subjects.push_back(selection.manifest->digest);
    }
    std::vector<Signed> result;
    PublicKey public_key = key.public_key();
    for (const Digest& subject : subjects) {
        Fresh fresh = sign_digest(reference, subject, key);
        std::string name = reference.with_digest(subject).full();
        bool there = std::ranges::any_of(kept_signatures(store, {subject}), [&](const auto& kept) {
            return kept.payload == fresh.payload &&
                   public_key.verifies(kept.payload, kept.signature);
        });
        result.push_back({name, !there});
        if (there)
            continue;
        Manifest manifest = manifest_of({fresh.layer}, media_type::oci_config);
        store.put(fresh.payload, fresh.layer.media_type);
        store.put(config_of(manifest.layers), manifest.config.media_type);
        attach(store, subject, {store.put(manifest.str(), manifest.media_type)});
    }
    return result;
}

} // namespace coracle
