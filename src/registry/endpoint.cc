// SPDX-License-Identifier: Apache-2.0
#include "registry/endpoint.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "oci/json.h"
#include "registry/retry.h"
#include "registry/token.h"

namespace coracle {

namespace {

constexpr int max_redirects = 5;

std::string host_of(const std::string& registry) {
    return registry == "docker.io" ? "registry-1.docker.io" : registry;
}

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// What TLS protected stays so, and nobody else leads us to servers of this machine.
void check_step(const Url& from, const Url& next, const Url& base) {
    if (from.secure() && !next.secure())
        throw Error("'{}' redirects to plain HTTP at '{}'", from.shown(), next.shown());
    if (is_loopback(next.host()) && !is_loopback(base.host()))
        throw Error("'{}' redirects to this machine", from.shown());
}

} // namespace

std::string registry_complaint(const HttpResponse& response) {
    std::string text;
    try {
        auto document = parse_json(response.body, "error", {.bytes = 64 << 10, .depth = 16});
        const auto& errors = document.at("errors");
        if (errors.is_array() && !errors.empty())
            text = errors.at(0).value("message", "");
    } catch (const std::exception&) {
        return ""; // a complaint that cannot be read is none
    }
    std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
    return text.substr(0, 200);
}

std::string Access::scope() const {
    std::string scope = fmt::format("repository:{}:{}", repository, push ? "pull,push" : "pull");
    return mount_from.empty() ? scope : fmt::format("{} repository:{}:pull", scope, mount_from);
}

Endpoint::Endpoint(std::string registry, const std::string& url, const RegistryOptions& options,
                   Reporter& reporter)
    : registry_(std::move(registry)), name_(url.empty() ? registry_ : url), mirror_(!url.empty()),
      options_(options), reporter_(reporter) {
    if (mirror_) {
        given_ = Url::parse(url);
        registry_ = given_->host();
        if (given_->port() != (given_->secure() ? 443 : 80))
            registry_ += fmt::format(":{}", given_->port());
    }
}

Endpoint::Endpoint(const Place& place, const RegistryOptions& options, Reporter& reporter)
    : Endpoint(place.reference.registry(), place.url, options, reporter) {
    mirror_ = place.mirror;
    insecure_ = place.insecure;
    if (mirror_)
        options_.retry.attempts = std::min(options_.retry.attempts, 2);
}

bool Endpoint::may_be_insecure() const {
    return insecure_ || std::ranges::find(options_.insecure, registry_) != options_.insecure.end();
}

void Endpoint::settle(HttpClient& client, State& state, const Url& base, bool any_certificate) {
    HttpResponse response =
        client.perform({.url = base.below("v2/"), .any_certificate = any_certificate});
    if (response.status == 401)
        state.challenge = choose_challenge(response.all("www-authenticate"));
    state.base = base;
    state.any_certificate = any_certificate;
}

// This machine needs no TLS: whoever listens there as a registry without it is taken at its word,
// which spares a handshake. What else answers, e.g. a server that wants TLS, does not count.
bool Endpoint::settle_here(HttpClient& client, State& state) {
    Url plain = Url::parse("http://" + host_of(registry_));
    try {
        HttpResponse response = client.perform({.url = plain.below("v2/")});
        if (response.status != 200 && response.status != 401)
            return false;
        if (response.status == 401)
            state.challenge = choose_challenge(response.all("www-authenticate"));
        state.base = plain;
        return true;
    } catch (const TransportError&) {
        return false;
    }
}

// HTTPS. Only where it is allowed: HTTPS with any certificate, and plain HTTP where nobody speaks
// TLS. A certificate that is not trusted is no reason to go without.
void Endpoint::find_base(HttpClient& client, State& state) {
    Url https = given_ ? *given_ : Url::parse("https://" + host_of(registry_));
    if (!given_ && is_loopback(https.host()) && settle_here(client, state))
        return;
    try {
        return settle(client, state, https, false);
    } catch (const TransportError& error) {
        bool insecure = may_be_insecure();
        if (error.kind == TransportError::Kind::certificate) {
            if (!insecure)
                throw;
            return settle(client, state, https, true);
        }
        if (given_ || !insecure)
            throw;
    }
    settle(client, state, Url::parse("http://" + host_of(registry_)), false);
}

Url Endpoint::base(HttpClient& client) {
    return state_.with([&](State& state) {
        if (!state.base)
            find_base(client, state);
        return *state.base;
    });
}

const CredentialSearch& Endpoint::credentials(State& state, const Access& access) {
    auto found = state.credentials.find(access.repository);
    if (found == state.credentials.end())
        found = state.credentials
                    .emplace(access.repository,
                             find_credentials(registry_, access.repository, options_))
                    .first;
    return found->second;
}

// Credentials go to nobody who may be someone else.
void Endpoint::check_private(const State& state) const {
    if (is_loopback(state.base->host()))
        return;
    if (!state.base->secure())
        throw Error(
            "registry '{}' asks for credentials over plain HTTP, where anyone could read them",
            name_);
    if (state.any_certificate)
        throw Error("registry '{}' asks for credentials, but its certificate is not trusted", name_)
            .hint(fmt::format("put the certificate into /etc/containers/certs.d/{}/ca.crt",
                              registry_));
}

Endpoint::Token Endpoint::fetch_token(HttpClient& client, State& state, const Access& access) {
    const CredentialSearch& search = credentials(state, access);
    if (search.found)
        check_private(state);
    if (state.challenge->scheme == "basic") {
        std::string header = search.found ? basic_authorization(*search.found) : "";
        return {std::move(header), std::chrono::steady_clock::time_point::max()};
    }
    TokenRequest request{.registry = *state.base,
                         .challenge = *state.challenge,
                         .scope = access.scope(),
                         .credentials = search.found,
                         .advice = advice(registry_, search)};
    auto [token, lifetime] = ask_for_token(client, request);
    return {"Bearer " + token, std::chrono::steady_clock::now() + lifetime};
}

std::string Endpoint::authorization(HttpClient& client, const Access& access) {
    return state_.with([&](State& state) -> std::string {
        if (!state.challenge)
            return "";
        auto found = state.tokens.find(access.scope());
        if (found == state.tokens.end() || found->second.until < std::chrono::steady_clock::now()) {
            Token token = fetch_token(client, state, access);
            found = state.tokens.insert_or_assign(access.scope(), std::move(token)).first;
        }
        return found->second.header;
    });
}

// A token may have expired early, or a registry may ask only now. True when trying again makes
// sense.
bool Endpoint::learn(const HttpResponse& refused, const Access& access) {
    auto challenge = choose_challenge(refused.all("www-authenticate"));
    if (!challenge)
        return false;
    state_.with([&](State& state) {
        state.challenge = std::move(challenge);
        state.tokens.erase(access.scope());
    });
    return true;
}

void Endpoint::refuse(const Access& access, const HttpResponse& response) {
    auto search = state_.with([&](State& state) { return credentials(state, access); });
    std::string complaint = registry_complaint(response);
    throw Error("registry '{}' refuses access to '{}'{}{}", name_, access.repository,
                complaint.empty() ? "" : ": ", complaint)
        .hint(advice(registry_, search));
}

HttpResponse Endpoint::follow(HttpClient& client, HttpRequest request, const Url& base) {
    for (int hop = 0;; ++hop) {
        HttpResponse response = client.perform(request);
        reporter_.verbose(fmt::format("{} {}: {} {}", request.method, request.url.shown(),
                                      response.protocol, response.status));
        bool may_follow = request.method == "GET" || request.method == "HEAD";
        if (!is_redirect(response.status) || !may_follow)
            return response;
        if (hop == max_redirects)
            throw Error("'{}' redirects without end", request.url.shown());
        Url next = request.url.resolve(response.header("location"));
        check_step(request.url, next, base);
        request.any_certificate = request.any_certificate && next.same_origin(base);
        if (!next.same_origin(base))
            std::erase_if(request.headers,
                          [](const auto& header) { return header.first == "Authorization"; });
        request.url = next;
    }
}

Url Endpoint::resolve(HttpClient& client, std::string_view location) {
    Url origin = base(client);
    Url next = origin.resolve(location);
    check_step(origin, next, origin);
    return next;
}

HttpResponse Endpoint::call(HttpClient& client, const RegistryCall& call) {
    Url origin = base(client);
    Url url = call.url ? *call.url : origin.below("v2/" + call.path);
    for (int attempt = 1;; ++attempt) {
        HttpRequest request{.method = call.method,
                            .url = url,
                            .any_certificate = url.same_origin(origin) && any_certificate(),
                            .headers = call.headers,
                            .body = call.body,
                            .upload = call.upload,
                            .upload_size = call.upload_size,
                            .take = call.take};
        std::string authority = url.same_origin(origin) ? authorization(client, call.access) : "";
        if (!authority.empty())
            request.headers.emplace_back("Authorization", authority);
        HttpResponse response = follow(client, std::move(request), origin);
        if (response.status == 401 && attempt == 1 && learn(response, call.access)) {
            if (!call.upload)
                continue;
            throw BusyError(
                fmt::format("registry '{}' asks who we are in the middle of an upload", name_),
                std::chrono::seconds(0));
        }
        if (response.status == 401 || response.status == 403)
            refuse(call.access, response);
        if (response.status == 429 || response.status >= 500)
            throw BusyError(fmt::format("registry '{}' answers {} for '{}'", name_, response.status,
                                        call.access.repository),
                            response.retry_after());
        return response;
    }
}

} // namespace coracle
