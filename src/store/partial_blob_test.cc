// SPDX-License-Identifier: Apache-2.0
#include "store/partial_blob.h"

#include <future>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "store/layout.h"
#include "store/verify.h"

namespace coracle {
namespace {

using std::chrono::milliseconds;

class Partial : public testing::Test {
protected:
    std::optional<PartialBlob> open(milliseconds patience = milliseconds(0)) {
        return PartialBlob::open(store, blob, patience);
    }
    std::string path() const {
        return own_path(store.directory(), "sha256-" + blob.digest.hex() + ".partial");
    }

    TempDir temporary;
    Store store{temporary / "cache"};
    Store::Session session = store.session();
    std::string content = std::string(100'000, 'x') + "end";
    Descriptor blob{"x/y", Digest::of(content), content.size()};
};

TEST_F(Partial, GoesOnWhereItWasLeft) {
    {
        auto first = open();
        first->write(content.substr(0, 60'000));
        first->keep();
    }
    EXPECT_FALSE(store.has(blob.digest));
    auto second = open();
    EXPECT_EQ(second->count(), 60'000u);
    second->write(content.substr(60'000));
    EXPECT_TRUE(second->commit());
    EXPECT_TRUE(store.has(blob));
    EXPECT_FALSE(exists(path()));
    EXPECT_TRUE(verify(store, silent_reporter()).sound());
    EXPECT_FALSE(open()) << "it is here";
}

TEST_F(Partial, IsRemovedUnlessKept) {
    open()->write("something");
    EXPECT_FALSE(exists(path()));
}

TEST_F(Partial, IsNoBlobWhenItIsDamaged) {
    auto partial = open();
    partial->write(std::string(content.size(), '?'));
    EXPECT_FALSE(partial->commit());
    EXPECT_EQ(partial->count(), 0u);
    EXPECT_FALSE(store.has(blob.digest));
    partial->write(content);
    EXPECT_TRUE(partial->commit());
}

TEST_F(Partial, BeginsAnewWhenTooMuchIsThere) {
    write_file(path(), std::string(content.size() + 1, 'x'));
    EXPECT_EQ(open()->count(), 0u);
}

TEST_F(Partial, IsForOneAtATime) {
    auto first = open();
    EXPECT_FALSE(open()) << "nothing comes, so one does not wait";
    auto waiting = std::async([&] { return open(milliseconds(60'000)).has_value(); });
    first->write(content);
    EXPECT_TRUE(first->commit());
    first.reset();
    EXPECT_FALSE(waiting.get()) << "it was brought meanwhile";
    EXPECT_TRUE(store.has(blob));
}

TEST_F(Partial, IsTakenOverFromWhoGivesUp) {
    auto first = open();
    first->write(content.substr(0, 10));
    auto waiting = std::async([&] { return open(milliseconds(60'000))->count(); });
    first->keep();
    first.reset();
    EXPECT_EQ(waiting.get(), 10u);
}

TEST_F(Partial, IsForgottenWhenItIsOldOrTheCacheIsCleaned) {
    auto leave = [&] {
        auto partial = open();
        partial->write("x");
        partial->keep();
    };
    leave();
    forget_old_partial_blobs(store, std::chrono::hours(1));
    EXPECT_TRUE(exists(path()));
    timespec old[2]{{1, 0}, {1, 0}};
    ::utimensat(AT_FDCWD, path().c_str(), old, 0);
    forget_old_partial_blobs(store, std::chrono::hours(1));
    EXPECT_FALSE(exists(path()));
    leave();
    session = {};
    EXPECT_EQ(store.collect(false)->bytes, 1u);
    EXPECT_FALSE(exists(path()));
}

} // namespace
} // namespace coracle
