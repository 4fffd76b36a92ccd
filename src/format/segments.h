// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <future>
#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "base/thread_pool.h"
#include "format/encoding.h"
#include "format/segment_cache.h"
#include "rootfs/component.h"

namespace coracle {

/// Encodes one component, or takes it from the cache. The bytes depend on component and encoding
/// alone. `task`, if any, is told of the bytes that are encoded.
Segment make_segment(const Component& component, const Encoding& encoding, SegmentCache& cache,
                     Task* task = nullptr);

/// What became of a component in a build: for the summary.
struct ComponentResult {
    std::string location;
    std::string title;
    SegmentFacts facts;
    bool reused = false;
    double seconds = 0;
    bool fetched = false; ///< reused, from other machines
};

/// "made", "kept" or "fetched": for people.
std::string_view origin_of(bool reused, bool fetched);

/// The segments of a list of components, made by all threads of the pool and handed out in order.
class SegmentQueue {
public:
    /// All but `cache` and `reporter` are only used here; components must outlive the queue.
    SegmentQueue(std::vector<const Component*> components, Encoding encoding, SegmentCache& cache,
                 ThreadPool& pool, Reporter& reporter);
    ~SegmentQueue();

    /// Writes all segments and the archive's end; adds to `results`. Into a file, all threads
    /// write. Does not finish the sink. Call once.
    void write_to(Sink& sink, std::vector<ComponentResult>& results);

private:
    struct Made {
        Segment segment;
        double seconds;
    };
    Made make(const Component& component);

    std::vector<const Component*> components_;
    Encoding encoding_;
    SegmentCache& cache_;
    Reporter& reporter_;
    std::latch others_; ///< those that do not come last
    std::vector<std::future<Made>> futures_;
};

} // namespace coracle
