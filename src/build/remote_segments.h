// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/progress.h"
#include "format/segment_cache.h"
#include "oci/manifest.h"
#include "registry/repository.h"

namespace coracle {

/// Where segments are shared, and how patiently.
struct RemoteCacheOptions {
    Reference repository;
    bool take = true;
    bool give = true;
    RegistryOptions registry = {};
    std::chrono::seconds grace{10}; ///< for one segment, beside the time that its size allows
};

/// Segments in a repository of a registry: each an artifact with one layer, its tag the hash of the
/// segment's name. What comes is verified against its manifest; the manifest itself is believed,
/// so that whoever may push there can change what is built.
///
/// No build fails or hangs for it: a registry that is down, slow or refuses is told of once and not
/// asked again.
class RegistrySegments : public RemoteSegments {
public:
    /// Holds on to `reporter`.
    RegistrySegments(RemoteCacheOptions options, Reporter& reporter);

    std::optional<SegmentFacts> find(const std::string& name, Sink& bytes) override;
    void offer(const std::string& name, const Segment& segment) override;
    /// Sends what was offered, as far as that goes in a bounded time.
    void send();

private:
    struct Offered {
        std::string name;
        Fd file;
        SegmentFacts facts;
    };
    class Lease;

    void reach();
    std::optional<RemoteDocument> ask(Repository& repository, const std::string& tag);
    std::optional<SegmentFacts> look_up(const std::string& name, Sink& bytes);
    void send_one(const Offered& offered, std::chrono::steady_clock::time_point until);
    void put(Repository& repository, UploadContent content);
    void give_up(const std::string& what, const Error& error);

    RemoteCacheOptions options_;
    Reporter& reporter_;
    std::string repository_name_;
    Endpoint endpoint_;
    std::once_flag reached_;
    std::atomic<bool> down_ = false;
    std::atomic<int64_t> waited_ = 0; ///< milliseconds, for answers that took long
    Guarded<std::vector<std::unique_ptr<Repository>>> idle_; ///< with their connections
    Guarded<std::vector<Offered>> offered_;
};

/// "REGISTRY/REPOSITORY". Throws UsageError for a tag or a digest.
Reference parse_remote_cache(const std::string& text);

/// The tag of a segment.
std::string segment_tag(const std::string& name);

} // namespace coracle
