// SPDX-License-Identifier: Apache-2.0
#include "store/verify.h"

#include <future>

#include "base/error.h"
#include "base/thread_pool.h"
#include "io/hash.h"
#include "oci/media_types.h"
#include "oci/reference.h"
#include "store/artifact.h"
#include "store/resolve.h"

namespace coracle {

namespace {

/// The number of bytes of a sound blob; throws for a damaged one.
uint64_t check(const Store& store, const Digest& digest) {
    Descriptor descriptor{"", digest, store.size_of(digest).value_or(0)};
    return skip(*store.read(descriptor));
}

void check_blobs(const Store& store, Reporter& reporter, VerifyReport& report) {
    auto digests = store.blobs();
    uint64_t total = 0;
    for (const Digest& digest : digests)
        total += store.size_of(digest).value_or(0);
    Task task(reporter, "reading blobs", total);
    ThreadPool pool;
    std::vector<std::future<uint64_t>> results;
    for (const Digest& digest : digests)
        results.push_back(pool.submit([&store, &digest] { return check(store, digest); }));
    for (size_t i = 0; i < results.size(); ++i) {
        ++report.blobs;
        try {
            uint64_t bytes = results[i].get();
            report.bytes += bytes;
            task.advance(bytes);
        } catch (const Error& error) {
            report.damaged.push_back(digests[i]);
            report.faults.push_back(error.message());
        }
    }
}

void check_name(const Store& store, const std::string& name, const Descriptor& root,
                VerifyReport& report) {
    if (!media_type::is_index(root.media_type) && !media_type::is_manifest(root.media_type))
        return;
    try {
        if (!store.has(root))
            throw Error("the {} is missing",
                        media_type::is_index(root.media_type) ? "index" : "manifest");
        if (is_artifact(store, root)) {
            if (!find_artifact(store, Reference::parse(name).with_digest(root.digest)))
                throw Error("part of the artifact is missing");
            return;
        }
        for (const Platform& platform : platforms_of(store, root, true))
            resolve(store, Reference::parse(name).with_digest(root.digest), platform);
    } catch (const Error& error) {
        report.faults.push_back(fmt::format("{}: {}", name, error.message()));
    }
}

} // namespace

VerifyReport verify(const Store& store, Reporter& reporter) {
    auto session = store.session();
    VerifyReport report;
    check_blobs(store, reporter, report);
    for (const auto& [name, root] : store.names())
        check_name(store, name, root, report);
    return report;
}

} // namespace coracle
