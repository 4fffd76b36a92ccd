// SPDX-License-Identifier: Apache-2.0
#include "format/segments.h"

#include <chrono>

#include "base/error.h"
#include "base/text.h"
#include "io/file_io.h"
#include "io/hash.h"
#include "io/memory.h"

namespace coracle {

namespace {

/// Counts what it passes on.
class CountingEntries : public EntrySink {
public:
    explicit CountingEntries(EntrySink& next) : next_(next) {}
    using EntrySink::add;
    void add(const Entry& entry, Source& content) override {
        ++count;
        next_.add(entry, content);
    }
    uint64_t count = 0;

private:
    EntrySink& next_;
};

/// Tells a task of what it passes on, now and then.
class ReportingSink : public Sink {
public:
    ReportingSink(Sink& next, Task* task) : next_(next), task_(task) {}
    void write(std::string_view data) override {
        next_.write(data);
        constexpr uint64_t step = 256 << 10;
        pending_ += data.size();
        if (task_ != nullptr && pending_ >= step) {
            task_->advance(pending_);
            pending_ = 0;
        }
    }

private:
    Sink& next_;
    Task* task_;
    uint64_t pending_ = 0;
};

} // namespace

Segment make_segment(const Component& component, const Encoding& encoding, SegmentCache& cache,
                     Task* task) {
    std::string name = component.key() + " " + encoding.name();
    if (auto found = cache.find(name))
        return std::move(*found);
    SegmentFile file = cache.create();
    FileSink to_file(file.fd(), "segment");
    HashingSink hashing(to_file);
    auto packed = make_compressor(hashing, encoding.compression, encoding.level);
    uint64_t unpacked = 0;
    uint64_t entries = 0;
    {
        ReportingSink reporting(*packed, task);
        CountingSink counting(reporting);
        auto writer = make_archive_writer(encoding.archive, component.key(), counting);
        CountingEntries counted(*writer);
        component.emit(counted);
        unpacked = counting.count();
        entries = counted.count;
    }
    if (unpacked > 0 || encoding.compression == Compression::none)
        packed->finish();
    SegmentFacts facts{hashing.count(), unpacked, entries};
    return cache.keep(name, std::move(file), facts, hashing.hex());
}

SegmentQueue::SegmentQueue(std::vector<const Component*> components, Encoding encoding,
                           SegmentCache& cache, ThreadPool& pool, Reporter& reporter)
    : components_(std::move(components)), encoding_(encoding) {
    for (const auto* component : components_) {
        futures_.push_back(pool.submit([component, encoding, &cache, &reporter] {
            Task task(reporter,
                      fmt::format("{:<14} {}", component->location(), component->title()));
            task.listed();
            auto began = std::chrono::steady_clock::now();
            Segment segment =
                within([&] { return fmt::format("while making {}", component->location()); },
                       [&] { return make_segment(*component, encoding, cache, &task); });
            std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
            if (segment.facts.entries > 0)
                task.result(fmt::format("{}, {}", human_size(segment.facts.size),
                                        segment.reused ? "kept" : "made"),
                            !segment.reused);
            return Made{std::move(segment), took.count()};
        }));
    }
}

SegmentQueue::~SegmentQueue() {
    // Tasks refer to components: none may run on when the queue is given up.
    for (auto& future : futures_)
        if (future.valid())
            future.wait();
}

void SegmentQueue::write_to(Sink& sink, std::vector<ComponentResult>& results) {
    for (size_t i = 0; i < futures_.size(); ++i) {
        Made made = futures_[i].get();
        sink.write_file(made.segment.file.get(), 0, made.segment.facts.size);
        results.push_back({components_[i]->location(), components_[i]->title(), made.segment.facts,
                           made.segment.reused, made.seconds});
    }
    sink.write(archive_end(encoding_));
}

} // namespace coracle
