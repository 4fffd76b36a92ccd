// SPDX-License-Identifier: Apache-2.0
#include "registry/url.h"

#include <memory>

#include <arpa/inet.h>
#include <curl/curl.h>

#include "base/error.h"
#include "base/text.h"

namespace coracle {

namespace {

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

Handle make_handle() { return {curl_url(), &curl_url_cleanup}; }

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, which, &text, flags) != CURLUE_OK)
        return "";
    std::string result(text);
    curl_free(text);
    return result;
}

std::string without_brackets(std::string host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        return host.substr(1, host.size() - 2);
    return host;
}

} // namespace

Url Url::parse(std::string_view text) {
    auto handle = make_handle();
    std::string copy(text);
    Url result;
    bool parsed = copy.find('\0') == std::string::npos &&
                  curl_url_set(handle.get(), CURLUPART_URL, copy.c_str(), 0) == CURLUE_OK;
    if (parsed) {
        result.scheme_ = part(handle.get(), CURLUPART_SCHEME);
        result.host_ = without_brackets(part(handle.get(), CURLUPART_HOST));
        auto port = parse_number(part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
        result.port_ = static_cast<int>(port.value_or(0));
        result.text_ = part(handle.get(), CURLUPART_URL);
    }
    if ((result.scheme_ != "https" && result.scheme_ != "http") || result.host_.empty())
        throw Error("'{}' is not an http or https URL", text.substr(0, 200));
    if (!part(handle.get(), CURLUPART_USER).empty())
        throw Error("a URL of '{}' has a user name in it, which is not supported", result.host_);
    return result;
}

bool Url::same_origin(const Url& other) const {
    return scheme_ == other.scheme_ && host_ == other.host_ && port_ == other.port_;
}

Url Url::resolve(std::string_view location) const {
    auto handle = make_handle();
    std::string copy(location);
    if (curl_url_set(handle.get(), CURLUPART_URL, text_.c_str(), 0) != CURLUE_OK ||
        curl_url_set(handle.get(), CURLUPART_URL, copy.c_str(), 0) != CURLUE_OK)
        throw Error("'{}' leads to something that is no URL", shown());
    return parse(part(handle.get(), CURLUPART_URL));
}

Url Url::below(std::string_view path) const {
    return parse(fmt::format("{}{}{}", text_, text_.ends_with('/') ? "" : "/", path));
}

Url Url::with_parameter(std::string_view name, std::string_view value) const {
    char separator = text_.find('?') == std::string::npos ? '?' : '&';
    return parse(fmt::format("{}{}{}={}", text_, separator, name, percent_encode(value)));
}

std::string Url::shown() const { return text_.substr(0, text_.find_first_of("?#")); }

bool is_loopback(std::string_view host) {
    std::string text = without_brackets(std::string(host));
    if (text == "localhost" || text.ends_with(".localhost"))
        return true;
    in_addr v4{};
    if (::inet_pton(AF_INET, text.c_str(), &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    in6_addr v6{};
    return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::string percent_encode(std::string_view text) {
    std::string result;
    for (unsigned char c : text) {
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == '~';
        if (plain)
            result += static_cast<char>(c);
        else
            result += fmt::format("%{:02X}", c);
    }
    return result;
}

} // namespace coracle
