// SPDX-License-Identifier: Apache-2.0
#include "trust/signatures.h"

#include <algorithm>

#include "base/error.h"
#include "oci/manifest.h"
#include "oci/media_types.h"
#include "registry/base64.h"
#include "registry/places.h"
#include "registry/referrers.h"
#include "store/attached.h"
#include "trust/payload.h"

namespace coracle {

namespace {

constexpr size_t max_manifests = 32; ///< of signatures of one content, at one server
constexpr uint64_t max_config = 64 << 10;

bool is_signature(const Descriptor& layer) {
    return layer.media_type == media_type::simple_signing && layer.size <= Payload::max_size &&
           !layer.annotation(annotation::cosign_signature).empty();
}

/// Brings what belongs to the contents of one repository.
class Fetch {
public:
    Fetch(Store& store, Repository& repository) : store_(store), repository_(repository) {}

    size_t signatures_of(const Digest& subject) {
        std::vector<Descriptor> found;
        if (auto tagged = repository_.document(signature_tag(subject)))
            take(*tagged, found);
        auto referrers =
            referrers_of(repository_, subject, std::string(media_type::cosign_signature));
        if (referrers.size() > max_manifests)
            referrers.erase(referrers.begin() + max_manifests, referrers.end());
        for (const Descriptor& referrer : referrers)
            if (auto document = repository_.document(referrer.digest.str()))
                take(*document, found);
        attach(store_, subject, found);
        return found.size();
    }

private:
    void take(const RemoteDocument& document, std::vector<Descriptor>& found) {
        if (!media_type::is_manifest(document.descriptor.media_type))
            return;
        auto manifest = Manifest::parse(document.text, "manifest of signatures");
        size_t count = 0;
        for (const Descriptor& layer : manifest.layers)
            if (is_signature(layer) && ++count <= max_signatures)
                fetch_blob(layer);
        if (count == 0)
            return;
        if (manifest.config.size <= max_config)
            fetch_blob(manifest.config);
        store_.put(document.text, document.descriptor.media_type);
        found.push_back(document.descriptor);
    }

    void fetch_blob(const Descriptor& blob) {
        if (store_.has(blob))
            return;
        BlobWriter writer = store_.write(blob.digest.algorithm());
        repository_.read_blob(blob, writer, [](uint64_t) {});
        writer.commit_expecting(blob);
    }

    Store& store_;
    Repository& repository_;
};

void add_kept(const Store& store, const Descriptor& descriptor, std::vector<Signature>& result) {
    auto manifest = Manifest::parse(store.read_document(descriptor), "manifest of signatures");
    for (const Descriptor& layer : manifest.layers) {
        if (result.size() == max_signatures)
            return;
        if (is_signature(layer) && store.has(layer))
            result.push_back(
                {store.read_document(layer),
                 base64_decode(layer.annotation(annotation::cosign_signature)).value_or("")});
    }
}

} // namespace

std::string signature_tag(const Digest& subject) { return referrers_tag(subject) + ".sig"; }

std::vector<Signature> kept_signatures(const Store& store, const std::vector<Digest>& subjects) {
    std::vector<Signature> result;
    for (const Digest& subject : subjects)
        for (const Descriptor& manifest : attached_to(store, subject))
            if (store.has(manifest))
                add_kept(store, manifest, result);
    return result;
}

size_t fetch_signatures(Store& store, Repository& repository, const std::vector<Digest>& subjects) {
    auto session = store.session();
    Fetch fetch(store, repository);
    size_t count = 0;
    for (const Digest& subject : subjects)
        count += fetch.signatures_of(subject);
    return count;
}

std::vector<std::string> fetch_signatures(Store& store, const Reference& reference,
                                          const std::vector<Digest>& subjects,
                                          const RegistryOptions& options, Reporter& reporter,
                                          const std::function<bool()>& enough) {
    std::vector<std::string> faults;
    for (const Place& place : places_of(reference, options)) {
        try {
            Endpoint endpoint(place, options, reporter);
            Repository repository(endpoint, place.reference.repository());
            fetch_signatures(store, repository, subjects);
            if (enough())
                break;
        } catch (const Error& error) {
            faults.push_back(error.message());
        }
    }
    return faults;
}

} // namespace coracle
