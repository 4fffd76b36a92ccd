// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "oci/descriptor.h"
#include "registry/endpoint.h"

namespace coracle {

/// What is sent.
struct UploadContent {
    const Descriptor& descriptor;
    std::function<std::unique_ptr<Source>()> open;   ///< anew for each attempt
    std::function<void(uint64_t)> advance = nullptr; ///< hears of bytes that went out
    std::string mount_from = {}; ///< a repository of the same registry that may have it; "" = none
};

/// One blob on its way into a repository (OCI distribution specification, "Pushing blobs"): mounted
/// from another repository where that works, else in one piece, else in chunks: when the piece
/// broke off, is refused as too large, or the registry asks for chunks of a least size. A chunk
/// that broke off is gone on with.
class Upload {
public:
    Upload(Endpoint& endpoint, HttpClient& client, std::string repository, UploadContent content);
    /// One attempt; throws BusyError or TransportError when another one may help.
    void attempt();
    /// Bytes that the registry has acknowledged.
    uint64_t acknowledged() const { return offset_; }

private:
    void begin();
    bool mount();
    void adopt(const HttpResponse& begun);
    void send_whole();
    void send_chunks();
    void send_chunk();
    void ask_how_far();
    void close();
    HttpResponse send(const std::string& method, const Url& url, uint64_t size);
    void advance_to(uint64_t offset);
    RegistryCall call(std::string method) const;
    Error refusal(const HttpResponse& response) const;

    Endpoint& endpoint_;
    HttpClient& client_;
    std::string repository_;
    UploadContent content_;
    std::optional<Url> session_;
    std::unique_ptr<Source> source_;
    uint64_t position_ = 0; ///< of `source_`
    uint64_t offset_ = 0;
    uint64_t told_ = 0; ///< how much `advance` has heard of
    uint64_t chunk_;
    uint64_t least_chunk_;
    bool chunked_ = false;
    bool never_chunked_ = false;
    bool unsure_ = false; ///< how much of the last chunk has arrived
    bool done_ = false;
};

} // namespace coracle
