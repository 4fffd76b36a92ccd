// SPDX-License-Identifier: Apache-2.0
#include "oci/reference.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace coracle {

namespace {

constexpr std::string_view docker_hub = "docker.io";
constexpr std::string_view official = "library/";
constexpr size_t max_repository = 255;
constexpr size_t max_tag = 128;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_lower(c) || is_upper(c) || is_digit(c); }
bool is_name(char c) { return is_lower(c) || is_digit(c); }

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

bool is_tag(std::string_view tag) {
    auto is_word = [](char c) { return is_alphanumeric(c) || c == '_'; };
    auto is_allowed = [&](char c) { return is_word(c) || c == '.' || c == '-'; };
    return !tag.empty() && tag.size() <= max_tag && is_word(tag.front()) &&
           std::ranges::all_of(tag, is_allowed);
}

bool is_host_label(std::string_view label) {
    auto is_allowed = [](char c) { return is_alphanumeric(c) || c == '-'; };
    return !label.empty() && std::ranges::all_of(label, is_allowed) && label.front() != '-' &&
           label.back() != '-';
}

bool is_ipv6(std::string_view host) {
    auto is_allowed = [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':';
    };
    return host.size() > 2 && host.front() == '[' && host.back() == ']' &&
           std::ranges::all_of(host.substr(1, host.size() - 2), is_allowed);
}

bool is_registry(std::string_view text) {
    std::string_view host = text;
    auto bracket = text.rfind(']');
    auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon != std::string_view::npos) {
        auto port = parse_number(text.substr(colon + 1));
        if (!port || *port > 65535)
            return false;
        host = text.substr(0, colon);
    }
    if (is_ipv6(host))
        return true;
    return std::ranges::all_of(split(host, '.'), is_host_label);
}

// [a-z0-9]+ ((\.|_|__|-+) [a-z0-9]+)*
bool is_path_component(std::string_view text) {
    if (text.empty() || !is_name(text.front()) || !is_name(text.back()))
        return false;
    for (size_t i = 0; i < text.size();) {
        if (is_name(text[i])) {
            ++i;
            continue;
        }
        size_t end = i;
        while (end < text.size() && !is_name(text[end]))
            ++end;
        std::string_view separator = text.substr(i, end - i);
        bool dashes = std::ranges::all_of(separator, [](char c) { return c == '-'; });
        if (!dashes && separator != "." && separator != "_" && separator != "__")
            return false;
        i = end;
    }
    return true;
}

const char* fault_in_repository(std::string_view repository) {
    if (repository.empty())
        return "it has no repository name";
    if (std::ranges::any_of(repository, is_upper))
        return "the repository name must be in lower case";
    if (repository.size() > max_repository)
        return "the repository name is longer than 255 characters";
    if (!std::ranges::all_of(split(repository, '/'), is_path_component))
        return "the repository name may only have a-z, 0-9, and single '.', '_', '__' or dashes "
               "between them";
    return nullptr;
}

bool looks_like_registry(std::string_view first) {
    return first.find_first_of(".:") != std::string_view::npos || first == "localhost" ||
           std::ranges::any_of(first, is_upper);
}

bool is_image_id(std::string_view text) {
    return text.size() == 64 && Digest::try_parse(fmt::format("sha256:{}", text));
}

} // namespace

Reference Reference::parse(std::string_view text) {
    auto refuse = [&](std::string_view cause) {
        return Error("'{}' is not an image reference: {}", text.substr(0, 300), cause);
    };
    if (text.empty())
        throw refuse("it is empty");
    if (text.find("://") != std::string_view::npos)
        throw refuse("it starts with a URL scheme").hint("write it without 'https://'");
    if (is_image_id(text))
        throw refuse("it is an image ID; a name is needed");

    Reference result;
    std::string_view rest = text;
    if (auto at = rest.find('@'); at != std::string_view::npos) {
        auto digest = Digest::try_parse(rest.substr(at + 1));
        if (!digest)
            throw refuse("what follows the '@' is not a sha256 or sha512 digest");
        result.digest_ = std::move(digest);
        rest = rest.substr(0, at);
    }
    auto slash = rest.rfind('/');
    auto colon = rest.find(':', slash == std::string_view::npos ? 0 : slash);
    if (colon != std::string_view::npos) {
        if (!is_tag(rest.substr(colon + 1)))
            throw refuse(
                "its tag may only have letters, digits, '_', '.' and '-', at most 128, and "
                "start with none of '.' and '-'");
        result.tag_ = std::string(rest.substr(colon + 1));
        rest = rest.substr(0, colon);
    }
    result.registry_ = std::string(docker_hub);
    auto first_slash = rest.find('/');
    if (first_slash != std::string_view::npos && looks_like_registry(rest.substr(0, first_slash))) {
        result.registry_ = std::string(rest.substr(0, first_slash));
        rest = rest.substr(first_slash + 1);
        if (!is_registry(result.registry_))
            throw refuse(fmt::format("'{}' is not a registry's host name", result.registry_));
    }
    if (lower(result.registry_) == "index.docker.io")
        result.registry_ = std::string(docker_hub);
    result.repository_ = std::string(rest);
    if (result.registry_ == docker_hub && !rest.empty() && rest.find('/') == std::string_view::npos)
        result.repository_ = fmt::format("{}{}", official, rest);
    if (const char* fault = fault_in_repository(result.repository_))
        throw refuse(fault);
    return result;
}

std::string Reference::suffix(bool default_tag) const {
    std::string text;
    if (tag_)
        text += ":" + *tag_;
    if (digest_)
        text += "@" + digest_->str();
    return text.empty() && default_tag ? ":latest" : text;
}

std::string Reference::name() const { return fmt::format("{}/{}", registry_, repository_); }

std::string Reference::full() const { return name() + suffix(true); }

std::string Reference::familiar() const {
    std::string end = suffix(false);
    if (registry_ != docker_hub)
        return name() + end;
    std::string_view path = repository_;
    if (path.starts_with(official) && path.find('/', official.size()) == std::string_view::npos)
        return std::string(path.substr(official.size())) + end;
    // A first component that would be taken for a registry, or none at all, needs the full name.
    auto slash = path.find('/');
    if (slash == std::string_view::npos || looks_like_registry(path.substr(0, slash)))
        return name() + end;
    return repository_ + end;
}

Reference Reference::with_tag(std::string_view tag) const {
    if (!is_tag(tag))
        throw Error("'{}' is not a tag", tag);
    Reference result = *this;
    result.digest_.reset();
    result.tag_ = std::string(tag);
    return result;
}

Reference Reference::with_digest(Digest digest) const {
    Reference result = *this;
    result.tag_.reset();
    result.digest_ = std::move(digest);
    return result;
}

std::optional<std::string> Reference::tag_or_latest() const {
    if (!tag_ && !digest_)
        return "latest";
    return tag_;
}

} // namespace coracle
