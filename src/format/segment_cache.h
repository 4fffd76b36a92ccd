// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/fd.h"
#include "base/guarded.h"
#include "io/checksum.h"
#include "io/file_io.h"

namespace coracle {

/// What is known of a segment beside its bytes.
struct SegmentFacts {
    uint64_t size = 0;     ///< bytes
    uint64_t unpacked = 0; ///< bytes before compression
    uint64_t entries = 0;
};

/// A segment's bytes: the first `facts.size` bytes of an open file that has no other use.
struct Segment {
    Fd file;
    SegmentFacts facts;
    bool reused = false;
    bool fetched = false; ///< reused, from other machines
    bool shared = false;  ///< reused, from elsewhere in this build
};

/// Segments that other machines have made, see SegmentCache::share(). For many threads.
class RemoteSegments {
public:
    virtual ~RemoteSegments() = default;
    /// Writes the verified bytes of a segment; nullopt when there is none, or none that can be had
    /// in time: what was written then is worth nothing. Throws nothing but what `bytes` throws.
    virtual std::optional<SegmentFacts> find(const std::string& name, Sink& bytes) = 0;
    /// Takes note of a segment that was made here.
    virtual void offer(const std::string& name, const Segment& segment) = 0;
};

/// A file under construction that becomes a segment.
class SegmentFile : public Sink {
public:
    void write(std::string_view data) override;
    void finish() override { sink_.finish(); }
    /// Bytes written so far.
    uint64_t size() const { return sink_.position(); }

private:
    friend class SegmentCache;
    explicit SegmentFile(Fd fd) : fd_(std::move(fd)), sink_(fd_.get(), "segment") {}
    Fd fd_;
    FileSink sink_;
    Checksum checksum_;
};

/// Encoded components on disk by key, bounded, for many processes at once. What is found is checked
/// for damage before it is used. Where the directory cannot be written the cache is just empty.
class SegmentCache {
public:
    /// `directory` "" = no cache: segments live in unnamed files. `limit` in bytes.
    explicit SegmentCache(std::string directory, uint64_t limit = uint64_t{4} << 30);

    /// From now on find() and keep() deal with other machines too. Holds on to `remote`.
    void share(RemoteSegments& remote) { remote_ = &remote; }

    /// The segment of this name, checked; nullopt when there is none or it is damaged.
    std::optional<Segment> find(const std::string& name);

    /// The segment of this name, or the one that `make` gives, by keep() or adopt(): others who ask
    /// for it meanwhile wait for that. `make` must not wait for a thread that may ask too.
    Segment obtain(const std::string& name, const std::function<Segment()>& make);

    SegmentFile create();
    /// Keeps a finished file under `name` for later builds. `unpacked` and `entries`: see
    /// SegmentFacts.
    Segment keep(const std::string& name, SegmentFile file, uint64_t unpacked, uint64_t entries);

    /// As keep(), for a file that was written elsewhere: its first `facts.size` bytes. It is kept
    /// where it is a file without a name in directory(), by a thread of its own that find() and
    /// trim() wait for.
    Segment adopt(const std::string& name, Fd file, const SegmentFacts& facts);

    /// The text kept under `name` on this machine, or the one that `make` gives, which is kept
    /// then.
    std::string remember(const std::string& name, const std::function<std::string()>& make);

    /// Removes what was not used for longest until all together are no larger than the limit.
    void trim();
    /// Removes all; returns how many bytes that were.
    uint64_t clear();

    const std::string& directory() const { return directory_; }

private:
    std::string path_of(const std::string& name) const;
    std::optional<Segment> find_here(const std::string& name);
    void wait_for_adopted(const std::string& name);
    std::optional<Segment> fetch(const std::string& name);
    Segment keep_here(const std::string& name, SegmentFile file, uint64_t unpacked,
                      uint64_t entries);
    void link(const std::string& name, int fd, const SegmentFacts& facts,
              const std::string& checksum) const;

    std::string directory_;
    RemoteSegments* remote_ = nullptr;
    uint64_t limit_;
    bool writable_ = false;
    Guarded<std::map<std::string, std::mutex>> turns_; ///< of names
    Guarded<std::set<std::string>> made_;              ///< by obtain()
    Guarded<std::map<std::string, std::shared_future<void>>> adopting_;
};

/// Where the segments of builds with this image cache are kept.
std::string segment_directory(const std::string& cache);

} // namespace coracle
