// SPDX-License-Identifier: Apache-2.0
#include "registry/blob_workers.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

#include "base/guarded.h"

namespace coracle {

namespace {

/// What the workers share.
class Work {
public:
    Work(Endpoint& endpoint, const std::string& repository, const std::vector<Descriptor>& blobs,
         const BlobWork& work)
        : endpoint_(endpoint), repository_(repository), blobs_(blobs), work_(work) {}

    void run() {
        try {
            Repository repository(endpoint_, repository_);
            auto check = [this] {
                if (failed_)
                    throw OtherWorkFailed();
            };
            for (size_t i = next_++; i < blobs_.size() && !failed_; i = next_++)
                work_(repository, blobs_[i], check);
        } catch (const OtherWorkFailed&) {
            // told by the other
        } catch (...) {
            failure_.with([](std::exception_ptr& first) {
                if (!first)
                    first = std::current_exception();
            });
            failed_ = true;
        }
    }

    void rethrow() {
        if (auto first = failure_.with([](std::exception_ptr& failure) { return failure; }))
            std::rethrow_exception(first);
    }

private:
    Endpoint& endpoint_;
    const std::string& repository_;
    const std::vector<Descriptor>& blobs_;
    const BlobWork& work_;
    std::atomic<size_t> next_ = 0;
    std::atomic<bool> failed_ = false;
    Guarded<std::exception_ptr> failure_;
};

} // namespace

void for_each_blob(Endpoint& endpoint, const std::string& repository, std::vector<Descriptor> blobs,
                   const BlobWork& work) {
    std::ranges::stable_sort(blobs, std::ranges::greater(), &Descriptor::size);
    size_t count = std::min<size_t>(std::max(1u, endpoint.options().parallel), blobs.size());
    Work shared(endpoint, repository, blobs, work);
    {
        std::vector<std::jthread> threads;
        for (size_t i = 1; i < count; ++i)
            threads.emplace_back([&] { shared.run(); });
        if (count > 0)
            shared.run();
    }
    shared.rethrow();
}

} // namespace coracle
