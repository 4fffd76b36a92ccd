// SPDX-License-Identifier: Apache-2.0
#include "registry/repository.h"

#include <algorithm>

#include "base/text.h"
#include "oci/manifest.h"
#include "oci/media_types.h"
#include "registry/retry.h"

namespace coracle {

namespace {

std::string accepted_types() {
    return fmt::format("{}, {}, {}, {}", media_type::oci_index, media_type::oci_manifest,
                       media_type::docker_list, media_type::docker_manifest);
}

/// The media type of an answer without its parameters; "" when it says nothing of use.
std::string type_of(const HttpResponse& response) {
    std::string header = response.header("content-type");
    std::string type(trim(std::string_view(header).substr(0, header.find(';'))));
    bool useful = media_type::is_index(type) || media_type::is_manifest(type) ||
                  type == media_type::docker_schema1 || type == media_type::docker_schema1_signed;
    return useful ? type : "";
}

std::string complaint_of(const HttpResponse& response) {
    std::string complaint = registry_complaint(response);
    return complaint.empty() ? "" : ": " + complaint;
}

bool is_web_page(const HttpResponse& response) {
    return response.header("content-type").starts_with("text/html");
}

Error web_page(const std::string& server) {
    return Error("'{}' answers with a web page; it is no registry, or something stands in between",
                 server);
}

/// Passes on the pieces of one blob, which may come in several answers.
class BlobStream {
public:
    BlobStream(const Descriptor& descriptor, Sink& sink,
               const std::function<void(uint64_t)>& advance, uint64_t from)
        : descriptor_(descriptor), sink_(sink), advance_(advance), received_(from) {}

    uint64_t received() const { return received_; }
    bool complete() const { return received_ == descriptor_.size; }

    void begin() {
        position_ = 0;
        started_ = false;
    }
    void take(const HttpResponse& head, std::string_view piece) {
        if (!started_)
            start(head);
        // A server that begins anew is heard up to where we were.
        uint64_t known = std::min<uint64_t>(received_ - position_, piece.size());
        position_ += known;
        piece.remove_prefix(known);
        if (piece.size() > descriptor_.size - received_)
            throw Error("blob {} is longer than the {} bytes it should have",
                        descriptor_.digest.str(), descriptor_.size);
        sink_.write(piece);
        advance_(piece.size());
        received_ += piece.size();
        position_ += piece.size();
    }

private:
    void start(const HttpResponse& head) {
        started_ = true;
        if (head.status != 206)
            return;
        std::string range = head.header("content-range");
        std::string expected = fmt::format("bytes {}-", received_);
        if (!range.starts_with(expected))
            throw Error("blob {}: asked for bytes from {} on, the registry sends '{}'",
                        descriptor_.digest.str(), received_, range.substr(0, 100));
        position_ = received_;
    }

    const Descriptor& descriptor_;
    Sink& sink_;
    const std::function<void(uint64_t)>& advance_;
    uint64_t received_;     ///< bytes written
    uint64_t position_ = 0; ///< in the blob, of the answer that is being read
    bool started_ = false;
};

} // namespace

Repository::Repository(Endpoint& endpoint, std::string name)
    : endpoint_(endpoint), name_(std::move(name)), client_(endpoint.options()) {}

RegistryCall Repository::call(std::string method, std::string path, bool push) const {
    return {.access = {name_, push},
            .method = std::move(method),
            .path = fmt::format("{}/{}", name_, path)};
}

std::string Repository::shown(const std::string& tag_or_digest) const {
    bool digest = tag_or_digest.find(':') != std::string::npos;
    return fmt::format("{}{}{}", name_, digest ? "@" : ":", tag_or_digest);
}

std::optional<RemoteDocument> Repository::document(const std::string& tag_or_digest) {
    RegistryCall get = call("GET", "manifests/" + tag_or_digest);
    get.headers.emplace_back("Accept", accepted_types());
    HttpResponse response;
    with_retries(endpoint_.options().retry, endpoint_.reporter(),
                 [&] { response = endpoint_.call(client_, get); });
    if (response.status == 404)
        return std::nullopt;
    std::string name = fmt::format("'{}' at {}", shown(tag_or_digest), endpoint_.name());
    if (!response.ok())
        throw Error("registry '{}' answers {} for '{}'", endpoint_.name(), response.status,
                    shown(tag_or_digest));
    if (is_web_page(response))
        throw web_page(endpoint_.name());
    auto wanted = Digest::try_parse(tag_or_digest);
    HashAlgorithm algorithm = wanted ? wanted->algorithm() : HashAlgorithm::sha256;
    Descriptor descriptor{type_of(response), Digest::of(response.body, algorithm),
                          response.body.size()};
    if (wanted && descriptor.digest != *wanted)
        throw Error("{} is damaged: its content has the digest {}", name, descriptor.digest.str());
    auto parsed = parse_manifest_or_index(response.body, descriptor.media_type, name);
    descriptor.media_type = std::visit([](const auto& it) { return it.media_type; }, parsed);
    return RemoteDocument{std::move(descriptor), std::move(response.body)};
}

void Repository::check_free(const Reference& name, const Descriptor& root) {
    auto there = head(name.tag().value());
    if (there && there->digest != root.digest)
        throw Error("'{}' is in the registry already and means {}", name.familiar(),
                    there->digest.str())
            .hint("--override");
}

std::optional<Descriptor> Repository::head(const std::string& tag_or_digest) {
    RegistryCall head = call("HEAD", "manifests/" + tag_or_digest);
    head.headers.emplace_back("Accept", accepted_types());
    HttpResponse response;
    with_retries(endpoint_.options().retry, endpoint_.reporter(),
                 [&] { response = endpoint_.call(client_, head); });
    auto digest = Digest::try_parse(response.header("docker-content-digest"));
    if (response.ok() && digest)
        return Descriptor{type_of(response), *digest,
                          parse_number(response.header("content-length")).value_or(0)};
    if (response.status == 404)
        return std::nullopt;
    // HEAD is not allowed, or does not tell.
    auto whole = document(tag_or_digest);
    return whole ? std::optional(std::move(whole->descriptor)) : std::nullopt;
}

void Repository::read_blob(const Descriptor& descriptor, Sink& sink,
                           const std::function<void(uint64_t)>& advance, uint64_t from) {
    BlobStream stream(descriptor, sink, advance, from);
    bool ranges = true;
    auto attempt = [&] {
        if (stream.complete())
            return;
        RegistryCall get = call("GET", "blobs/" + descriptor.digest.str());
        stream.begin();
        if (stream.received() > 0 && ranges)
            get.headers.emplace_back("Range", fmt::format("bytes={}-", stream.received()));
        get.take = [&](const HttpResponse& head, std::string_view piece) {
            stream.take(head, piece);
        };
        HttpResponse response = endpoint_.call(client_, get);
        ranges = ranges && response.status != 416;
        if (response.status == 404)
            throw Error("registry '{}' has no blob {} of '{}'", endpoint_.name(),
                        descriptor.digest.str(), name_);
        if (!response.ok() && response.status != 416)
            throw Error("registry '{}' answers {} for blob {}", endpoint_.name(), response.status,
                        descriptor.digest.str());
        if (!stream.complete() && is_web_page(response))
            throw web_page(endpoint_.name());
        if (!stream.complete())
            throw TransportError(fmt::format("blob {} broke off after {} of {} bytes",
                                             descriptor.digest.str(), stream.received(),
                                             descriptor.size),
                                 TransportError::Kind::connection);
    };
    with_retries(endpoint_.options().retry, endpoint_.reporter(), attempt,
                 [&] { return stream.received(); });
}

bool Repository::has_blob(const Descriptor& descriptor) {
    HttpResponse response;
    with_retries(endpoint_.options().retry, endpoint_.reporter(), [&] {
        response = endpoint_.call(client_, call("HEAD", "blobs/" + descriptor.digest.str(), true));
    });
    return response.ok();
}

void Repository::write_blob(UploadContent content) {
    Upload upload(endpoint_, client_, name_, std::move(content));
    with_retries(
        endpoint_.options().retry, endpoint_.reporter(), [&] { upload.attempt(); },
        [&] { return upload.acknowledged(); });
}

bool Repository::write_document(const std::string& tag_or_digest, const std::string& media_type,
                                const std::string& text) {
    RegistryCall put = call("PUT", "manifests/" + tag_or_digest, true);
    put.headers.emplace_back("Content-Type", media_type);
    put.body = text;
    HttpResponse response;
    with_retries(endpoint_.options().retry, endpoint_.reporter(),
                 [&] { response = endpoint_.call(client_, put); });
    if (!response.ok())
        throw Error("registry '{}' answers {} to '{}'{}", endpoint_.name(), response.status,
                    shown(tag_or_digest), complaint_of(response));
    return !response.header("oci-subject").empty();
}

} // namespace coracle
