// SPDX-License-Identifier: Apache-2.0
#include "trust/identity.h"

#include "base/error.h"

namespace coracle {

namespace {

bool same_tag(const Reference& signed_for, const Reference& used) {
    return signed_for.tag_or_latest() == used.tag_or_latest() &&
           (!signed_for.digest() || signed_for.digest() == used.digest());
}

/// The name that a signature should have for an image that came from a mirror.
std::string remapped(const Reference& used, const std::string& from, const std::string& to) {
    std::string full = used.full();
    bool below = full.starts_with(from) &&
                 (full.size() == from.size() ||
                  std::string_view("/:@").find(full[from.size()]) != std::string_view::npos);
    return below ? to + full.substr(from.size()) : full;
}

bool agrees(const IdentityMatch& match, const Reference& signed_for, const Reference& used) {
    using enum IdentityMatch::Kind;
    bool repository_agrees = signed_for.name() == used.name();
    switch (match.kind) {
    case repository_and_tag:
        return repository_agrees &&
               (!signed_for.tag() || used.digest() || same_tag(signed_for, used));
    case repository: return repository_agrees;
    case exact: return repository_agrees && same_tag(signed_for, used);
    case repository_digest_or_exact:
        return repository_agrees && (used.digest() || same_tag(signed_for, used));
    case exact_reference: return signed_for.full() == parse_identity(match.name).full();
    case exact_repository: return signed_for.name() == parse_identity(match.name).name();
    case remapped: {
        Reference wanted = parse_identity(coracle::remapped(used, match.prefix, match.name));
        return signed_for.name() == wanted.name() &&
               (!signed_for.tag() || used.digest() || same_tag(signed_for, wanted));
    }
    }
    return false;
}

} // namespace

Reference parse_identity(const std::string& text) {
    for (std::string_view hub : {"index.docker.io/", "registry-1.docker.io/"})
        if (text.starts_with(hub))
            return Reference::parse("docker.io/" + text.substr(hub.size()));
    return Reference::parse(text);
}

std::string IdentityMatch::disagreement(const std::string& signed_name,
                                        const Reference& used) const {
    try {
        if (agrees(*this, parse_identity(signed_name), used))
            return "";
    } catch (const Error&) {
        return "it names no image"; // a name that cannot be read agrees with nothing
    }
    return fmt::format("it is for '{}'", signed_name.substr(0, 300));
}

} // namespace coracle
