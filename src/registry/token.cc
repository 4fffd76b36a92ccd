// SPDX-License-Identifier: Apache-2.0
#include "registry/token.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "oci/json.h"
#include "registry/base64.h"
#include "registry/retry.h"

namespace coracle {

namespace {

constexpr uint64_t max_answer = 256 << 10;
constexpr uint64_t default_lifetime = 60;
constexpr uint64_t longest_lifetime = 3600;

Url realm_of(const TokenRequest& request) {
    Url realm = Url::parse(request.challenge.parameters.at("realm"));
    bool here = is_loopback(realm.host());
    if (!realm.secure() && !here)
        throw Error("registry '{}' wants a token from '{}', which is not protected by TLS",
                    request.registry.host(), realm.shown());
    if (here && !is_loopback(request.registry.host()))
        throw Error("registry '{}' wants a token from '{}', which is on this machine",
                    request.registry.host(), realm.shown());
    return realm;
}

std::string service_of(const TokenRequest& request) {
    auto found = request.challenge.parameters.find("service");
    return found == request.challenge.parameters.end() ? "" : found->second;
}

HttpRequest refresh_request(const Url& realm, const TokenRequest& request) {
    return {.method = "POST",
            .url = realm,
            .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
            .body = fmt::format(
                "grant_type=refresh_token&client_id=coracle&service={}&scope={}&refresh_token={}",
                percent_encode(service_of(request)), percent_encode(request.scope),
                percent_encode(request.credentials->identity_token)),
            .limit = max_answer};
}

HttpRequest plain_request(const Url& realm, const TokenRequest& request) {
    Url url = realm;
    if (std::string service = service_of(request); !service.empty())
        url = url.with_parameter("service", service);
    for (const std::string& scope : split(request.scope, ' '))
        url = url.with_parameter("scope", scope);
    HttpRequest result{.url = url, .limit = max_answer};
    if (request.credentials)
        result.headers.emplace_back("Authorization", basic_authorization(*request.credentials));
    return result;
}

bool is_header_safe(const std::string& token) {
    return std::ranges::all_of(token, [](char c) { return c > ' ' && c < 127; });
}

} // namespace

std::string basic_authorization(const Credentials& credentials) {
    return "Basic " + base64_encode(credentials.username + ":" + credentials.password);
}

std::pair<std::string, std::chrono::seconds> ask_for_token(HttpClient& client,
                                                           const TokenRequest& request) {
    Url realm = realm_of(request);
    bool refresh = request.credentials && !request.credentials->identity_token.empty();
    HttpResponse response =
        client.perform(refresh ? refresh_request(realm, request) : plain_request(realm, request));
    if (response.status == 429 || response.status >= 500)
        throw BusyError(fmt::format("token server '{}' answers {}", realm.shown(), response.status),
                        response.retry_after());
    if (!response.ok()) {
        Error error("token server '{}' answers {}", realm.shown(), response.status);
        if (!request.advice.empty() && (response.status == 401 || response.status == 403))
            error.hint(request.advice);
        throw std::move(error);
    }
    return parse_token(response.body,
                       fmt::format("the answer of token server '{}'", realm.shown()));
}

std::pair<std::string, std::chrono::seconds> parse_token(std::string_view text,
                                                         const std::string& where) {
    auto answer = parse_json(text, where);
    json_object(answer, where);
    std::string token = json_string(answer, "token", where);
    if (token.empty())
        token = json_string(answer, "access_token", where);
    if (token.empty() || !is_header_safe(token))
        throw Error("{} has no token", where);
    uint64_t lifetime = json_number(answer, "expires_in", where).value_or(default_lifetime);
    lifetime = std::clamp<uint64_t>(lifetime, default_lifetime, longest_lifetime);
    return {std::move(token), std::chrono::seconds(lifetime - 10)};
}

} // namespace coracle
