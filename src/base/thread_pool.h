// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <future>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

#include "base/guarded.h"

namespace coracle {

/// Runs tasks on a fixed number of threads, first come, first served. The destructor drops tasks
/// that have not begun (their futures then throw std::future_error) and waits for those that have.
class ThreadPool {
public:
    /// 0 threads: one per processor this process may use.
    explicit ThreadPool(unsigned threads = 0);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    /// The future carries the result, or the exception that left `body`.
    template <class Body>
    std::future<std::invoke_result_t<Body>> submit(Body body) {
        auto work = std::make_unique<Task<Body>>(std::move(body));
        auto future = work->task.get_future();
        enqueue(std::move(work));
        return future;
    }

    unsigned size() const { return static_cast<unsigned>(threads_.size()); }

private:
    struct Job {
        virtual ~Job() = default;
        virtual void run() = 0;
    };
    template <class Body>
    struct Task : Job {
        explicit Task(Body body) : task(std::move(body)) {}
        void run() override { task(); }
        std::packaged_task<std::invoke_result_t<Body>()> task;
    };
    struct State {
        std::deque<std::unique_ptr<Job>> jobs;
        bool closing = false;
    };
    void enqueue(std::unique_ptr<Job> job);
    void work();

    Guarded<State> state_;
    std::vector<std::thread> threads_;
};

} // namespace coracle
