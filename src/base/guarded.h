// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

namespace coracle {

/// A value that can only be reached while its lock is held.
template <class T>
class Guarded {
public:
    template <class... Arguments>
    explicit Guarded(Arguments&&... arguments) : value_(std::forward<Arguments>(arguments)...) {}

    /// Calls `body(value)` under the lock and returns what it returns.
    template <class Body>
    decltype(auto) with(Body&& body) {
        std::lock_guard lock(mutex_);
        return std::forward<Body>(body)(value_);
    }

    /// Waits until `ready(value)`, then calls `body(value)`; both under the lock.
    template <class Ready, class Body>
    decltype(auto) when(Ready&& ready, Body&& body) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return ready(value_); });
        return std::forward<Body>(body)(value_);
    }

    /// Wakes those who wait in when().
    void notify() { changed_.notify_all(); }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    T value_;
};

} // namespace coracle
