// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "io/source.h"
#include "registry/options.h"
#include "registry/url.h"

namespace coracle {

/// What comes back.
struct HttpResponse {
    int status = 0;
    std::string protocol = {};                                     ///< "HTTP/2"
    std::vector<std::pair<std::string, std::string>> headers = {}; ///< names in lower case
    std::string body = {}; ///< empty where the request's `take` got it

    bool ok() const { return status >= 200 && status < 300; }
    /// The last header of that (lower-case) name, or "".
    std::string header(std::string_view name) const;
    std::vector<std::string> all(std::string_view name) const;
    /// How long the server wants to be left alone, at most an hour.
    std::optional<std::chrono::seconds> retry_after() const;
};

/// One exchange.
struct HttpRequest {
    std::string method = "GET";
    Url url;
    bool any_certificate = false; ///< trust whoever answers
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    Source* upload = nullptr; ///< instead of `body`
    uint64_t upload_size = 0;
    uint64_t limit = 4 << 20; ///< bytes of a body that is kept in memory
    /// Gets the body of a 2xx response piece by piece; may throw to end it.
    std::function<void(const HttpResponse& head, std::string_view piece)> take = nullptr;
};

/// The exchange did not come to its end: no connection, broken off, stalled, bad certificate.
class TransportError : public Error {
public:
    enum class Kind {
        connection,  ///< trying again may help
        name,        ///< the host's name is not known
        not_tls,     ///< whoever answers does not speak TLS
        certificate, ///< not trusted
    };
    TransportError(std::string message, Kind what) : Error(std::move(message)), kind(what) {}
    Kind kind;
};

/// Speaks HTTP with libcurl over connections that are used again. For one thread at a time. Follows
/// no redirect and knows no credentials: that is for those who know whom they are for. Proxies come
/// from the environment.
class HttpClient {
public:
    explicit HttpClient(const RegistryOptions& options);
    ~HttpClient();
    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) = delete;

    HttpResponse perform(const HttpRequest& request);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace coracle
