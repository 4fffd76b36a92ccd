// SPDX-License-Identifier: Apache-2.0
#include "build/remote_segments.h"

#include <algorithm>

#include <fcntl.h>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "io/compress.h"
#include "io/hash.h"
#include "io/memory.h"
#include "oci/empty_config.h"
#include "registry/places.h"

namespace coracle {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view artifact_type = "application/vnd.coracle.segment.v1";
constexpr const char* name_key = "vnd.coracle.segment.name";
constexpr const char* unpacked_key = "vnd.coracle.segment.unpacked";
constexpr const char* entries_key = "vnd.coracle.segment.entries";

constexpr uint64_t largest = uint64_t{4} << 30;
constexpr uint64_t least_rate = 512 << 10; ///< bytes a second: slower is not worth waiting for
constexpr size_t most_offered = 512;       ///< each of them holds a file open
constexpr unsigned senders = 4;
constexpr std::chrono::seconds longest_sending{300};
constexpr std::chrono::milliseconds slow_answer{1000};
constexpr std::chrono::milliseconds longest_wait{10'000}; ///< for slow answers, all together

/// A damaged segment says nothing of the others.
class SegmentFault : public Error {
public:
    using Error::Error;
};

std::chrono::seconds time_for(uint64_t bytes) {
    return std::chrono::seconds(static_cast<int64_t>(bytes / least_rate));
}

void check_time(Clock::time_point until) {
    if (Clock::now() > until)
        throw Error("it is too slow");
}

/// Ends when time is up.
class TimedSource : public Source {
public:
    TimedSource(FileSource inner, Clock::time_point until)
        : inner_(std::move(inner)), until_(until) {}
    size_t read(std::span<char> buffer) override {
        check_time(until_);
        return inner_.read(buffer);
    }

private:
    FileSource inner_;
    Clock::time_point until_;
};

RegistryOptions impatient(RegistryOptions options) {
    options.retry.attempts = 1;
    options.connect_timeout = std::chrono::seconds(3);
    options.stall_timeout = std::chrono::seconds(5);
    options.stall_rate = 16 << 10;
    options.document_timeout = std::chrono::seconds(10);
    return options;
}

/// The layer and what is known of it; throws SegmentFault for what is no such segment.
std::pair<Descriptor, SegmentFacts> parse_segment(const std::string& text,
                                                  const std::string& name) {
    Manifest manifest = Manifest::parse(text, "manifest of a segment");
    auto annotation = [&](const char* key) {
        auto found = manifest.annotations.find(key);
        return found == manifest.annotations.end() ? "" : found->second;
    };
    auto unpacked = parse_number(annotation(unpacked_key));
    auto entries = parse_number(annotation(entries_key));
    if (manifest.artifact_type != artifact_type || manifest.layers.size() != 1 || !unpacked ||
        !entries || annotation(name_key) != name)
        throw SegmentFault("it is not what its tag says");
    Descriptor layer = manifest.layers[0];
    if (layer.size > largest)
        throw SegmentFault(fmt::format("it is said to have {}", human_size(layer.size)));
    return {layer, {layer.size, *unpacked, *entries}};
}

} // namespace

/// A connection, for one thread, that others use again.
class RegistrySegments::Lease {
public:
    explicit Lease(RegistrySegments& owner) : owner_(owner) {
        owner_.idle_.with([&](auto& idle) {
            if (!idle.empty()) {
                repository_ = std::move(idle.back());
                idle.pop_back();
            }
        });
        if (!repository_)
            repository_ = std::make_unique<Repository>(owner_.endpoint_, owner_.repository_name_);
    }
    ~Lease() {
        owner_.idle_.with([&](auto& idle) { idle.push_back(std::move(repository_)); });
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Repository* operator->() const { return repository_.get(); }
    Repository& operator*() const { return *repository_; }

private:
    RegistrySegments& owner_;
    std::unique_ptr<Repository> repository_;
};

RegistrySegments::RegistrySegments(RemoteCacheOptions options, Reporter& reporter)
    : options_(std::move(options)), reporter_(reporter),
      repository_name_(home_of(options_.repository).reference.repository()),
      endpoint_(home_of(options_.repository), impatient(options_.registry), reporter) {}

void RegistrySegments::give_up(const std::string& what, const Error& error) {
    if (down_.exchange(true))
        return;
    auto hint = error.hint().empty() ? "" : fmt::format(" (try: {})", error.hint());
    reporter_.warning(fmt::format("the remote cache '{}' is {}: {}{}", options_.repository.name(),
                                  what, error.message(), hint));
}

// Who waits for a server that does not answer does so once, not each worker after the other.
void RegistrySegments::reach() {
    std::call_once(reached_, [&] {
        try {
            Lease(*this)->head("latest");
        } catch (const Error& error) {
            give_up("not used", error);
        }
    });
}

std::optional<SegmentFacts> RegistrySegments::find(const std::string& name, Sink& bytes) {
    if (!options_.take)
        return std::nullopt;
    reach();
    if (down_)
        return std::nullopt;
    try {
        return look_up(name, bytes);
    } catch (const SegmentFault& fault) {
        reporter_.warning(fmt::format("a segment in the remote cache '{}' is not used: {}",
                                      options_.repository.name(), fault.message()));
    } catch (const Error& error) {
        give_up("not used any more", error);
    }
    return std::nullopt;
}

// Each answer in its time may still be too long for all of them together.
std::optional<RemoteDocument> RegistrySegments::ask(Repository& repository,
                                                    const std::string& tag) {
    auto began = Clock::now();
    auto document = repository.document(tag);
    auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
    if (took > slow_answer && (waited_ += took.count()) > longest_wait.count())
        throw Error("it is too slow");
    return document;
}

std::optional<SegmentFacts> RegistrySegments::look_up(const std::string& name, Sink& bytes) {
    Lease repository(*this);
    auto document = ask(*repository, segment_tag(name));
    if (!document)
        return std::nullopt;
    auto [layer, facts] = parse_segment(document->text, name);
    HashingSink hashing(bytes, layer.digest.algorithm());
    auto until = Clock::now() + options_.grace + time_for(layer.size);
    repository->read_blob(layer, hashing, [&](uint64_t) { check_time(until); });
    if (hashing.hex() != layer.digest.hex())
        throw SegmentFault("it is damaged");
    return facts;
}

void RegistrySegments::offer(const std::string& name, const Segment& segment) {
    if (!options_.give || down_ || segment.facts.size == 0)
        return;
    Fd file(::fcntl(segment.file.get(), F_DUPFD_CLOEXEC, 0));
    if (!file)
        return; // too many files are open; it is an offer only
    offered_.with([&](auto& offered) {
        if (offered.size() < most_offered)
            offered.push_back({name, std::move(file), segment.facts});
    });
}

void RegistrySegments::send() {
    auto all = offered_.with([](auto& offered) { return std::exchange(offered, {}); });
    if (all.empty() || down_)
        return;
    uint64_t total = 0;
    for (const auto& offered : all)
        total += offered.facts.size;
    auto until = Clock::now() + std::min(options_.grace + time_for(total), longest_sending);
    try {
        // Once, as all manifests name it: registries may stumble over one that they are just given.
        Descriptor config = empty_config_descriptor();
        Lease repository(*this);
        put(*repository, {.descriptor = config,
                          .open = [] { return std::make_unique<MemorySource>(empty_config); }});
    } catch (const Error& error) {
        return give_up("not given what was made", error);
    }
    Task task(reporter_, fmt::format("giving segments to {}", options_.repository.name()), total);
    ThreadPool pool(senders);
    std::vector<std::future<void>> done;
    for (const auto& offered : all)
        done.push_back(pool.submit([this, &offered, &task, until] {
            if (down_)
                return;
            try {
                send_one(offered, until);
                task.advance(offered.facts.size);
            } catch (const Error& error) {
                give_up("not given what was made", error);
            }
        }));
    for (auto& one : done)
        one.wait();
}

void RegistrySegments::send_one(const Offered& offered, Clock::time_point until) {
    check_time(until);
    auto open = [&] { return FileSource(offered.file.get(), "segment", 0, offered.facts.size); };
    FileSource content = open();
    HashingSource hashing(content);
    skip(hashing);
    Manifest manifest{
        .media_type = std::string(media_type::oci_manifest),
        .config = empty_config_descriptor(),
        .layers = {{std::string(artifact_type),
                    Digest::from_hex(HashAlgorithm::sha256, hashing.hex()), offered.facts.size}},
        .annotations = {{name_key, offered.name},
                        {unpacked_key, fmt::to_string(offered.facts.unpacked)},
                        {entries_key, fmt::to_string(offered.facts.entries)}},
        .artifact_type = std::string(artifact_type)};
    Lease repository(*this);
    put(*repository, {.descriptor = manifest.layers[0],
                      .open = [&] { return std::make_unique<TimedSource>(open(), until); }});
    repository->write_document(segment_tag(offered.name), manifest.media_type, manifest.str());
}

void RegistrySegments::put(Repository& repository, UploadContent content) {
    if (!repository.has_blob(content.descriptor))
        repository.write_blob(std::move(content));
}

Reference parse_remote_cache(const std::string& text) {
    Reference reference = Reference::parse(text);
    if (reference.tag() || reference.digest())
        throw UsageError("'{}' is no REGISTRY/REPOSITORY: it has a tag or a digest", text);
    return reference;
}

std::string segment_tag(const std::string& name) {
    // What other versions make of the same components need not have the same bytes.
    return sha256_hex(
        fmt::format("{} {} {}\n{}", artifact_type, CORACLE_VERSION, codec_versions(), name));
}

} // namespace coracle
