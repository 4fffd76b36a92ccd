// SPDX-License-Identifier: Apache-2.0
#include "format/segments.h"

#include <algorithm>
#include <chrono>
#include <numeric>

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

Segment encode(const Component& component, const Encoding& encoding, const std::string& name,
               SegmentCache& cache, Task* task) {
    SegmentFile file = cache.create();
    auto packed = make_compressor(file, encoding.compression, encoding.level);
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
    return cache.keep(name, std::move(file), unpacked, entries);
}

} // namespace

Segment make_segment(const Component& component, const Encoding& encoding, SegmentCache& cache,
                     Task* task) {
    std::string name = component.key() + " " + encoding.name();
    return cache.obtain(name, [&] { return encode(component, encoding, name, cache, task); });
}

namespace {

/// In which order components are begun: those that take long first, so that no thread is left with
/// one of them when the others have nothing to do.
std::vector<size_t> order_of_work(const std::vector<const Component*>& components) {
    std::vector<size_t> order(components.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, {}, [&](size_t i) {
        return std::pair(components[i]->comes_last(), UINT64_MAX - components[i]->weight());
    });
    return order;
}

/// Counts down however a scope is left.
struct Arrival {
    std::latch& latch;
    bool counts;
    ~Arrival() {
        if (counts)
            latch.count_down();
    }
};

} // namespace

std::string_view origin_of(bool reused, bool fetched) {
    return fetched ? "fetched" : reused ? "kept" : "made";
}

SegmentQueue::SegmentQueue(std::vector<const Component*> components, Encoding encoding,
                           SegmentCache& cache, ThreadPool& pool, Reporter& reporter)
    : components_(std::move(components)), encoding_(encoding), cache_(cache), reporter_(reporter),
      others_(std::ranges::count(components_, false, &Component::comes_last)),
      futures_(components_.size()) {
    for (size_t i : order_of_work(components_))
        futures_[i] = pool.submit([this, component = components_[i]] { return make(*component); });
}

SegmentQueue::~SegmentQueue() {
    // Tasks refer to this queue: none may run on when it is given up.
    for (auto& future : futures_)
        if (future.valid())
            future.wait();
}

SegmentQueue::Made SegmentQueue::make(const Component& component) {
    Arrival arrival{others_, !component.comes_last()};
    if (component.comes_last())
        others_.wait(); // all of them have begun: the pool takes tasks in their order
    Task task(reporter_, fmt::format("{:<14} {}", component.location(), component.title()));
    task.listed();
    auto began = std::chrono::steady_clock::now();
    Segment segment = within([&] { return fmt::format("while making {}", component.location()); },
                             [&] { return make_segment(component, encoding_, cache_, &task); });
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    if (segment.facts.entries > 0)
        task.result(fmt::format("{}, {}", human_size(segment.facts.size),
                                origin_of(segment.reused, segment.fetched)),
                    !segment.reused || segment.fetched);
    return {std::move(segment), took.count()};
}

void SegmentQueue::write_to(Sink& sink, std::vector<ComponentResult>& results) {
    // One after the other: file systems let only one thread write to a file at a time.
    for (size_t i = 0; i < futures_.size(); ++i) {
        Made made = futures_[i].get();
        sink.write_file(made.segment.file.get(), 0, made.segment.facts.size);
        results.push_back({components_[i]->location(), components_[i]->title(), made.segment.facts,
                           made.segment.reused && !made.segment.shared, made.seconds,
                           made.segment.fetched && !made.segment.shared});
    }
    sink.write(archive_end(encoding_));
}

} // namespace coracle
