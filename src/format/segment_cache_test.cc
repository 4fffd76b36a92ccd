// SPDX-License-Identifier: Apache-2.0
#include "format/segment_cache.h"

#include <atomic>
#include <filesystem>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/thread_pool.h"
#include "io/file_io.h"
#include "io/hash.h"

namespace coracle {
namespace {

namespace fs = std::filesystem;

class SegmentCacheTest : public testing::Test {
protected:
    static Segment keep(SegmentCache& cache, const std::string& name, std::string_view bytes) {
        SegmentFile file = cache.create();
        file.write(bytes);
        file.finish();
        return cache.keep(name, std::move(file), 77, 3);
    }
    static std::string content(const Segment& segment) {
        FileSource source(segment.file.get(), "segment", 0, segment.facts.size);
        return read_all(source);
    }
    std::string only_file() const {
        auto all = fs::directory_iterator(directory_);
        return begin(all)->path();
    }
    size_t files() const {
        auto all = fs::directory_iterator(directory_);
        return static_cast<size_t>(std::distance(begin(all), end(all)));
    }

    TempDir dir_;
    std::string directory_ = dir_ / "segments";
};

TEST_F(SegmentCacheTest, GivesBackWhatWasKept) {
    SegmentCache cache(directory_);
    EXPECT_FALSE(cache.find("a"));
    Segment made = keep(cache, "a", "bytes");
    EXPECT_EQ(content(made), "bytes");
    EXPECT_FALSE(made.reused);
    auto found = SegmentCache(directory_).find("a");
    ASSERT_TRUE(found);
    EXPECT_EQ(content(*found), "bytes");
    EXPECT_TRUE(found->reused);
    EXPECT_EQ(found->facts.size, 5u);
    EXPECT_EQ(found->facts.unpacked, 77u);
    EXPECT_EQ(found->facts.entries, 3u);
}

TEST_F(SegmentCacheTest, MakesWhatManyAskForOnce) {
    SegmentCache cache(directory_);
    std::atomic<int> made = 0;
    std::atomic<int> shared = 0;
    {
        ThreadPool pool(4);
        std::vector<std::future<void>> done;
        for (int i = 0; i < 8; ++i)
            done.push_back(pool.submit([&] {
                Segment segment = cache.obtain("a", [&] {
                    ++made;
                    return keep(cache, "a", "bytes");
                });
                shared += segment.shared;
                EXPECT_EQ(content(segment), "bytes");
            }));
        for (auto& one : done)
            one.get();
    }
    EXPECT_EQ(made, 1);
    EXPECT_EQ(shared, 7);
    EXPECT_FALSE(SegmentCache(directory_).obtain("a", [] { return Segment(); }).shared)
        << "it is another build's";
}

TEST_F(SegmentCacheTest, TheNextAskerMakesItWhereTheFirstFailed) {
    SegmentCache cache(directory_);
    EXPECT_THROW(cache.obtain("a", []() -> Segment { throw Error("no"); }), Error);
    Segment segment = cache.obtain("a", [&] { return keep(cache, "a", "bytes"); });
    EXPECT_EQ(content(segment), "bytes");
    EXPECT_FALSE(segment.reused);
}

TEST_F(SegmentCacheTest, AdoptsAFileThatWasWrittenElsewhere) {
    SegmentCache cache(directory_);
    Fd file = unnamed_file(directory_);
    write_all(file.get(), "bytes and more", "file");
    EXPECT_EQ(content(cache.adopt("a", std::move(file), {5, 77, 3})), "bytes");
    auto found = cache.find("a");
    ASSERT_TRUE(found);
    EXPECT_EQ(content(*found), "bytes");
    EXPECT_EQ(found->facts.unpacked, 77u);
    // What lies elsewhere is used, but not kept.
    Fd other = unnamed_file(dir_.path());
    write_all(other.get(), "other", "file");
    EXPECT_EQ(content(SegmentCache("").adopt("b", std::move(other), {5, 5, 1})), "other");
    EXPECT_FALSE(cache.find("b"));
}

TEST_F(SegmentCacheTest, LeavesNothingOfASegmentThatIsNotKept) {
    SegmentCache cache(directory_);
    {
        SegmentFile file = cache.create();
        file.write("half");
    }
    EXPECT_EQ(files(), 0u);
}

TEST_F(SegmentCacheTest, ForgetsADamagedSegment) {
    SegmentCache cache(directory_);
    std::string bytes(1000, 'x');
    // In the content, in each part of the footer.
    for (size_t at : {0, 999, 1000, 1008, 1032, 1100, 1127}) {
        keep(cache, "a", bytes);
        std::string path = only_file();
        std::string all = read_file(path);
        ASSERT_EQ(all.size(), 1128u);
        all[at] = static_cast<char>(all[at] ^ 1);
        write_file(path, all);
        EXPECT_FALSE(cache.find("a")) << at;
        EXPECT_EQ(files(), 0u) << at;
    }
    keep(cache, "a", bytes);
    EXPECT_TRUE(cache.find("a"));
}

TEST_F(SegmentCacheTest, ForgetsATruncatedSegment) {
    SegmentCache cache(directory_);
    for (off_t size : {0, 10, 160, 1000, 1159}) {
        keep(cache, "a", std::string(1000, 'x'));
        ASSERT_EQ(::truncate(only_file().c_str(), size), 0);
        EXPECT_FALSE(cache.find("a")) << size;
        EXPECT_EQ(files(), 0u);
    }
}

TEST_F(SegmentCacheTest, NeverGivesASegmentUnderAnotherName) {
    SegmentCache cache(directory_);
    keep(cache, "a", "bytes of a");
    std::string a = only_file();
    keep(cache, "b", "bytes of b");
    std::string b;
    for (const auto& file : fs::directory_iterator(directory_))
        if (file.path() != a)
            b = file.path();
    fs::rename(a, b);
    EXPECT_FALSE(cache.find("b"));
    EXPECT_FALSE(cache.find("a"));
}

TEST_F(SegmentCacheTest, IsEmptyWhereItCannotBeWritten) {
    for (std::string directory : {std::string(), std::string("/proc/nowhere/segments")}) {
        SegmentCache cache(directory);
        EXPECT_FALSE(cache.find("a"));
        EXPECT_EQ(content(keep(cache, "a", "bytes")), "bytes");
        EXPECT_FALSE(cache.find("a"));
        cache.trim();
        EXPECT_EQ(cache.clear(), 0u);
    }
}

TEST_F(SegmentCacheTest, CanBeReadWhereItCannotBeWritten) {
    {
        SegmentCache cache(directory_);
        keep(cache, "a", "bytes");
    }
    fs::permissions(directory_, fs::perms(0555));
    SegmentCache cache(directory_);
    EXPECT_TRUE(cache.find("a"));
    fs::permissions(directory_, fs::perms(0755));
}

TEST_F(SegmentCacheTest, TrimsWhatWasUsedLongestAgo) {
    SegmentCache cache(directory_, 3 * 1160);
    std::string bytes(1000, 'x');
    auto age = [&](const std::string& name, int seconds) {
        timespec times[2] = {{1'000'000 - seconds, 0}, {1'000'000 - seconds, 0}};
        ASSERT_EQ(::utimensat(AT_FDCWD, (directory_ + "/" + sha256_hex(name)).c_str(), times, 0),
                  0);
    };
    for (const char* name : {"a", "b", "c", "d", "e"})
        keep(cache, name, bytes);
    age("a", 500);
    age("b", 400);
    age("c", 300);
    age("d", 200);
    age("e", 100);
    EXPECT_TRUE(cache.find("b")); // used now
    cache.trim();
    EXPECT_EQ(files(), 3u);
    for (const char* name : {"b", "d", "e"})
        EXPECT_TRUE(cache.find(name)) << name;
    EXPECT_EQ(cache.clear(), 3u * 1128);
    EXPECT_EQ(files(), 0u);
}

TEST_F(SegmentCacheTest, KeepsOneOfTwoThatAreMadeAtOnce) {
    SegmentCache one(directory_), two(directory_);
    SegmentFile first = one.create(), second = two.create();
    for (auto* file : {&first, &second}) {
        file->write("same");
        file->finish();
    }
    EXPECT_EQ(content(one.keep("a", std::move(first), 4, 1)), "same");
    EXPECT_EQ(content(two.keep("a", std::move(second), 4, 1)), "same");
    EXPECT_EQ(files(), 1u);
    EXPECT_TRUE(one.find("a"));
}

/// Another machine that has one segment.
class OtherMachine : public RemoteSegments {
public:
    std::optional<SegmentFacts> find(const std::string& name, Sink& bytes) override {
        bytes.write("from elsewhere");
        return name == "there" ? std::optional(SegmentFacts{14, 77, 3}) : std::nullopt;
    }
    void offer(const std::string& name, const Segment&) override { offered.push_back(name); }
    std::vector<std::string> offered;
};

TEST_F(SegmentCacheTest, TakesFromOtherMachinesWhatItLacks) {
    OtherMachine other;
    SegmentCache cache(directory_);
    cache.share(other);
    auto found = cache.find("there");
    ASSERT_TRUE(found);
    EXPECT_EQ(content(*found), "from elsewhere");
    EXPECT_EQ(found->facts.unpacked, 77u);
    EXPECT_TRUE(found->reused && found->fetched);
    EXPECT_FALSE(cache.find("absent"));
    EXPECT_EQ(files(), 1u);
    found = SegmentCache(directory_).find("there");
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->fetched);
}

TEST_F(SegmentCacheTest, OffersOtherMachinesWhatIsMade) {
    OtherMachine other;
    SegmentCache cache(directory_);
    cache.share(other);
    keep(cache, "made", "bytes");
    cache.find("there");
    cache.remember("text", [] { return std::string("small"); });
    EXPECT_EQ(other.offered, std::vector<std::string>{"made"});
}

} // namespace
} // namespace coracle
