// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"

namespace coracle::test {

/// What a client sent.
struct FakeRequest {
    std::string method;
    std::string path;                           ///< with its query
    std::map<std::string, std::string> headers; ///< names in lower case
    std::string body = {};                      ///< as far as it came
};

/// A server on 127.0.0.1 that answers each request with the bytes that `answer` gives, then closes
/// the connection: for what real servers seldom do.
class FakeServer {
public:
    using Answer = std::function<std::string(const FakeRequest&)>;
    explicit FakeServer(Answer answer);
    ~FakeServer();
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    int port() const { return port_; }
    /// From now on `size` bytes are sent every 10 ms.
    void drip(size_t size) { drip_ = size; }
    /// "127.0.0.1:PORT".
    std::string host() const;
    /// All requests so far.
    std::vector<FakeRequest> requests() const;

private:
    void serve();
    void answer(int connection);

    Answer answer_;
    Fd listener_;
    int port_ = 0;
    std::atomic<size_t> drip_ = 0;
    mutable std::mutex mutex_;
    std::vector<FakeRequest> requests_;
    std::thread thread_;
};

/// A response with a status, headers ("Name: value\r\n" each) and a body of the right length.
std::string reply(int status, const std::string& body = "", const std::string& headers = "");

} // namespace coracle::test
