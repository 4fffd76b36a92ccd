// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace coracle {

/// An absolute http or https URL (RFC 3986).
class Url {
public:
    /// Throws Error("'TEXT' is not an http or https URL"). User names and passwords in it are
    /// refused.
    static Url parse(std::string_view text);

    const std::string& str() const { return text_; }
    const std::string& scheme() const { return scheme_; }
    /// Without the brackets of an IPv6 address.
    const std::string& host() const { return host_; }
    int port() const { return port_; }
    bool secure() const { return scheme_ == "https"; }
    /// Same scheme, host and port: credentials for one may go to the other.
    bool same_origin(const Url& other) const;
    /// Where a Location header leads.
    Url resolve(std::string_view location) const;
    /// What lies below it: "https://a/b" and "c" give "https://a/b/c".
    Url below(std::string_view path) const;
    /// With another parameter in the query.
    Url with_parameter(std::string_view name, std::string_view value) const;
    /// Without the query, which may hold a signature: for messages.
    std::string shown() const;

private:
    std::string text_;
    std::string scheme_;
    std::string host_;
    int port_ = 0;
};

/// "localhost" (and below it), 127.0.0.0/8 and ::1.
bool is_loopback(std::string_view host);

/// Everything but letters, digits, '-', '.', '_' and '~' as %XX.
std::string percent_encode(std::string_view text);

} // namespace coracle
