// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "base/progress.h"
#include "registry/challenge.h"
#include "registry/credentials.h"
#include "registry/http.h"
#include "registry/options.h"
#include "registry/places.h"

namespace coracle {

/// What a request needs to be allowed to do.
struct Access {
    std::string repository; ///< "library/redis"
    bool push = false;
    std::string mount_from = {}; ///< another repository, to read from; "" = none

    /// As token servers are told, one after another with spaces between.
    std::string scope() const;
};

/// A request to a registry.
struct RegistryCall {
    Access access;
    std::string method = "GET";
    std::string path;            ///< below /v2/, e.g. "library/redis/manifests/4"
    std::optional<Url> url = {}; ///< instead of `path`: where an upload goes on
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    Source* upload = nullptr;
    uint64_t upload_size = 0;
    std::function<void(const HttpResponse& head, std::string_view piece)> take = nullptr;
};

/// One server that speaks the OCI distribution protocol: the registry itself or a mirror of it.
/// Knows how to reach it, who we are to it, and its tokens. Safe to use from many threads, each
/// with its client.
///
/// Credentials go to the registry and to the token server that it names, over TLS (or to this
/// machine) only; never to where a redirect leads.
class Endpoint {
public:
    /// `url` "": the registry's own server. Holds on to `reporter`.
    Endpoint(std::string registry, const std::string& url, const RegistryOptions& options,
             Reporter& reporter);
    /// Tries a mirror not so often: another server may do better.
    Endpoint(const Place& place, const RegistryOptions& options, Reporter& reporter);

    /// "docker.io", or the mirror's URL: for messages.
    const std::string& name() const { return name_; }
    bool is_mirror() const { return mirror_; }
    const RegistryOptions& options() const { return options_; }
    Reporter& reporter() const { return reporter_; }

    /// Performs the call with a token as needed, following redirects of GET and HEAD. Throws for
    /// 401 and 403 ("registry 'X' refuses access to 'Y'"), 429 and 5xx (BusyError); other answers
    /// are returned.
    HttpResponse call(HttpClient& client, const RegistryCall& call);
    /// Where a Location header of this server leads. Throws where that is less safe.
    Url resolve(HttpClient& client, std::string_view location);

private:
    struct Token {
        std::string header;
        std::chrono::steady_clock::time_point until;
    };
    struct State {
        std::optional<Url> base;
        bool any_certificate = false; ///< its certificate is not trusted, and need not be
        std::optional<Challenge> challenge;
        std::map<std::string, CredentialSearch> credentials; ///< by repository
        std::map<std::string, Token> tokens;                 ///< by scope
    };

    Url base(HttpClient& client);
    bool may_be_insecure() const;
    void find_base(HttpClient& client, State& state);
    bool settle_here(HttpClient& client, State& state);
    void settle(HttpClient& client, State& state, const Url& base, bool any_certificate);
    void check_private(const State& state) const;
    std::string authorization(HttpClient& client, const Access& access);
    bool any_certificate() {
        return state_.with([](State& state) { return state.any_certificate; });
    }
    bool learn(const HttpResponse& refused, const Access& access);
    Token fetch_token(HttpClient& client, State& state, const Access& access);
    const CredentialSearch& credentials(State& state, const Access& access);
    HttpResponse follow(HttpClient& client, HttpRequest request, const Url& base);
    [[noreturn]] void refuse(const Access& access, const HttpResponse& response);

    std::string registry_;
    std::string name_;
    bool mirror_;
    std::optional<Url> given_;
    bool insecure_ = false;
    RegistryOptions options_;
    Reporter& reporter_;
    Guarded<State> state_;
};

/// What an error document of a registry says, made safe to print; "" when it says nothing.
std::string registry_complaint(const HttpResponse& response);

} // namespace coracle
