// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <atomic>

#include <gtest/gtest.h>

#include "base/error.h"

namespace coracle {
namespace {

TEST(ThreadPool, GivesResultsAndExceptionsThroughFutures) {
    ThreadPool pool(2);
    auto good = pool.submit([] { return 42; });
    auto bad = pool.submit([]() -> int { throw Error("no").frame("while trying"); });
    EXPECT_EQ(good.get(), 42);
    try {
        bad.get();
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "no\n  while trying");
    }
}

TEST(ThreadPool, GoesOnAfterAnException) {
    ThreadPool pool(1);
    auto bad = pool.submit([] { throw Error("no"); });
    EXPECT_EQ(pool.submit([] { return 1; }).get(), 1);
    EXPECT_THROW(bad.get(), Error);
}

TEST(ThreadPool, RunsAllThatIsSubmitted) {
    std::atomic<int> count = 0;
    ThreadPool pool(4);
    std::vector<std::future<void>> futures;
    for (int i = 0; i < 500; ++i)
        futures.push_back(pool.submit([&] { ++count; }));
    for (auto& future : futures)
        future.get();
    EXPECT_EQ(count, 500);
}

TEST(ThreadPool, DropsWhatHasNotBegunWhenItEnds) {
    std::promise<void> begun, go_on;
    std::future<void> first, second;
    std::thread release;
    {
        ThreadPool pool(1);
        first = pool.submit([&] {
            begun.set_value();
            go_on.get_future().wait();
        });
        begun.get_future().wait();
        second = pool.submit([] { FAIL(); });
        release = std::thread([&] {
            second.wait(); // until the destructor has dropped it
            go_on.set_value();
        });
    }
    release.join();
    EXPECT_NO_THROW(first.get());
    EXPECT_THROW(second.get(), std::future_error);
}

TEST(ThreadPool, HasAtLeastOneThread) { EXPECT_GE(ThreadPool().size(), 1u); }

TEST(Guarded, WakesWhoWaits) {
    Guarded<int> value(0);
    std::thread other([&] {
        value.with([](int& v) { v = 7; });
        value.notify();
    });
    EXPECT_EQ(value.when([](int& v) { return v == 7; }, [](int& v) { return v + 1; }), 8);
    other.join();
}

} // namespace
} // namespace coracle
