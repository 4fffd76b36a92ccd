// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <algorithm>

#include <sched.h>

namespace coracle {

namespace {

unsigned usable_processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) == 0)
        return static_cast<unsigned>(CPU_COUNT(&set));
    return std::max(1U, std::thread::hardware_concurrency());
}

} // namespace

ThreadPool::ThreadPool(unsigned threads) {
    if (threads == 0)
        threads = usable_processors();
    for (unsigned i = 0; i < threads; ++i)
        threads_.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() {
    std::deque<std::unique_ptr<Job>> dropped; // outside the lock
    state_.with([&](State& state) {
        state.closing = true;
        dropped.swap(state.jobs);
    });
    dropped.clear();
    state_.notify();
    for (auto& thread : threads_)
        thread.join();
}

void ThreadPool::enqueue(std::unique_ptr<Job> job) {
    state_.with([&](State& state) { state.jobs.push_back(std::move(job)); });
    state_.notify();
}

void ThreadPool::work() {
    for (;;) {
        auto job = state_.when([](State& state) { return state.closing || !state.jobs.empty(); },
                               [](State& state) -> std::unique_ptr<Job> {
                                   if (state.closing)
                                       return nullptr;
                                   auto next = std::move(state.jobs.front());
                                   state.jobs.pop_front();
                                   return next;
                               });
        if (!job)
            return;
        job->run();
    }
}

} // namespace coracle
