// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "io/sink.h"
#include "oci/descriptor.h"
#include "oci/reference.h"
#include "registry/endpoint.h"
#include "registry/upload.h"

namespace coracle {

/// A manifest or an index as a registry has it.
struct RemoteDocument {
    Descriptor descriptor;
    std::string text;
};

/// One repository at one server. For one thread at a time; many may share an endpoint.
class Repository {
public:
    Repository(Endpoint& endpoint, std::string name);

    /// The manifest or index of a tag or digest, at most 4 MiB. What came by digest is verified.
    /// nullopt when there is none. Throws for documents that are none, or of an obsolete kind.
    std::optional<RemoteDocument> document(const std::string& tag_or_digest);
    /// As above, but only what it is and its digest. Where the server does not tell, the document
    /// is fetched.
    std::optional<Descriptor> head(const std::string& tag_or_digest);
    /// Throws where `name`, which has a tag, means something else than `root` already.
    void check_free(const Reference& name, const Descriptor& root);

    /// Writes a blob from byte `from` on to `sink`, which verifies it; goes on where a connection
    /// broke off. Never more bytes than `descriptor` says. `advance` hears of each piece.
    void read_blob(const Descriptor& descriptor, Sink& sink,
                   const std::function<void(uint64_t)>& advance, uint64_t from = 0);

    bool has_blob(const Descriptor& descriptor);
    /// Uploads a blob whose content `open` gives, anew for each attempt.
    void write_blob(const Descriptor& descriptor,
                    const std::function<std::unique_ptr<Source>()>& open) {
        write_blob(UploadContent{.descriptor = descriptor, .open = open});
    }
    void write_blob(UploadContent content);
    /// Puts a manifest or an index under a tag or its digest. True when the registry says that it
    /// lists the document among the referrers of its subject.
    bool write_document(const std::string& tag_or_digest, const std::string& media_type,
                        const std::string& text);

    /// What the registry lists as the referrers of a digest, all pages of it; nullopt when it does
    /// not know how to (see referrers.h).
    std::optional<std::vector<Descriptor>> listed_referrers(const Digest& subject,
                                                            const std::string& artifact_type);

private:
    RegistryCall call(std::string method, std::string path, bool push = false) const;
    std::string shown(const std::string& tag_or_digest) const;

    Endpoint& endpoint_;
    std::string name_;
    HttpClient client_;
};

} // namespace coracle
