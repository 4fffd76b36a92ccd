// SPDX-License-Identifier: Apache-2.0
#include "registry/referrers.h"

#include <algorithm>

#include "base/error.h"
#include "oci/media_types.h"
#include "registry/retry.h"

namespace coracle {

namespace {

constexpr int max_pages = 64;
constexpr int max_attempts = 5; ///< of adding to an index that others change too

/// Where the next page is: the target of `<...>; rel="next"` (RFC 8288), or "".
std::string next_page(const HttpResponse& response) {
    for (const std::string& link : response.all("link")) {
        auto begin = link.find('<');
        auto end = link.find('>');
        if (begin == 0 && end != std::string::npos && link.find("next", end) != std::string::npos)
            return link.substr(1, end - 1);
    }
    return "";
}

void keep_only(std::vector<Descriptor>& descriptors, const std::string& artifact_type) {
    if (!artifact_type.empty())
        std::erase_if(descriptors, [&](const Descriptor& descriptor) {
            return descriptor.artifact_type != artifact_type;
        });
}

/// The index of referrers under its tag; an empty one where there is none.
Index tagged_index(Repository& repository, const std::string& tag) {
    auto document = repository.document(tag);
    if (!document)
        return {.media_type = std::string(media_type::oci_index)};
    if (!media_type::is_index(document->descriptor.media_type))
        throw Error("the tag '{}' is that of referrers, but means no index", tag);
    return Index::parse(document->text, "index of referrers '" + tag + "'");
}

bool contains(const Index& index, const Digest& digest) {
    return std::ranges::find(index.manifests, digest, &Descriptor::digest) != index.manifests.end();
}

/// Adds an entry to the index under the tag. Registries cannot change a tag in one step, so another
/// client may undo it: it is looked for until it stays.
void add_to_tag(Repository& repository, const std::string& tag, const Descriptor& entry) {
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        Index index = tagged_index(repository, tag);
        if (contains(index, entry.digest))
            return;
        if (index.manifests.size() >= Index::max_manifests)
            throw Error("'{}' names {} referrers already", tag, index.manifests.size());
        index.manifests.push_back(entry);
        repository.write_document(tag, index.media_type, index.str());
        if (contains(tagged_index(repository, tag), entry.digest))
            return;
    }
    throw Error("the index of referrers '{}' does not keep what is added to it", tag);
}

} // namespace

std::string referrers_tag(const Digest& subject) {
    return fmt::format("{}-{}", subject.algorithm_name(), subject.hex().substr(0, 64));
}

std::optional<std::vector<Descriptor>>
Repository::listed_referrers(const Digest& subject, const std::string& artifact_type) {
    std::string query =
        artifact_type.empty() ? "" : "?artifactType=" + percent_encode(artifact_type);
    RegistryCall get = call("GET", fmt::format("referrers/{}{}", subject.str(), query));
    get.headers.emplace_back("Accept", media_type::oci_index);
    std::vector<Descriptor> result;
    for (int page = 0; page < max_pages; ++page) {
        HttpResponse response;
        with_retries(endpoint_.options().retry, endpoint_.reporter(),
                     [&] { response = endpoint_.call(client_, get); });
        // A registry that knows nothing of referrers says so in many ways.
        if (page == 0 &&
            (!response.ok() || !response.header("content-type").starts_with(media_type::oci_index)))
            return std::nullopt;
        if (!response.ok())
            throw Error("registry '{}' answers {} for the referrers of '{}'", endpoint_.name(),
                        response.status, shown(subject.str()));
        Index index =
            Index::parse(response.body, "the referrers of '" + shown(subject.str()) + "'");
        std::ranges::move(index.manifests, std::back_inserter(result));
        if (result.size() > Index::max_manifests)
            break;
        std::string next = next_page(response);
        if (next.empty())
            return result;
        get.url = endpoint_.resolve(client_, next);
    }
    throw Error("'{}' has more than {} referrers", shown(subject.str()), Index::max_manifests);
}

std::vector<Descriptor> referrers_of(Repository& repository, const Digest& subject,
                                     const std::string& artifact_type) {
    auto result = repository.listed_referrers(subject, artifact_type);
    if (!result) {
        auto document = repository.document(referrers_tag(subject));
        if (!document || !media_type::is_index(document->descriptor.media_type))
            return {};
        result = Index::parse(document->text, "index of referrers").manifests;
    }
    keep_only(*result, artifact_type);
    return std::move(*result);
}

Descriptor push_referrer(Repository& repository, const Manifest& manifest) {
    if (!manifest.subject)
        throw Error("a manifest without a subject refers to nothing");
    std::string text = manifest.str();
    Descriptor entry{.media_type = manifest.media_type,
                     .digest = Digest::of(text),
                     .size = text.size(),
                     .annotations = manifest.annotations,
                     .artifact_type = manifest.artifact_type.empty() ? manifest.config.media_type
                                                                     : manifest.artifact_type};
    if (!repository.write_document(entry.digest.str(), manifest.media_type, text))
        add_to_tag(repository, referrers_tag(manifest.subject->digest), entry);
    return entry;
}

} // namespace coracle
