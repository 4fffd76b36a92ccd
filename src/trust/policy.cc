// SPDX-License-Identifier: Apache-2.0
#include "trust/policy.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "oci/json.h"
#include "registry/base64.h"

namespace coracle {

namespace {

using nlohmann::json;

constexpr uint64_t max_size = 1 << 20;
constexpr size_t max_key_files = 64; ///< of one requirement

void check_members(const json& object, const std::vector<std::string_view>& known,
                   const std::string& where) {
    for (const auto& [key, value] : json_object(object, where).items())
        if (std::ranges::find(known, key) == known.end())
            throw Error("{}: '{}' is not known", where, key.substr(0, 100));
}

/// Reads requirements; remembers where it is, for errors.
class Reader {
public:
    explicit Reader(std::string directory) : directory_(std::move(directory)) {}

    std::vector<Requirement> requirements(const json& list, const std::string& where) const {
        if (!list.is_array() || list.empty())
            throw Error("{} is not a list of requirements", where);
        std::vector<Requirement> result;
        for (const json& item : list)
            result.push_back(requirement(item, fmt::format("{}[{}]", where, result.size())));
        return result;
    }

private:
    Requirement requirement(const json& item, const std::string& where) const {
        std::string type = json_required_string(json_object(item, where), "type", where);
        if (type == "insecureAcceptAnything" || type == "reject") {
            check_members(item, {"type"}, where);
            return {.kind =
                        type == "reject" ? Requirement::Kind::reject : Requirement::Kind::accept};
        }
        if (type == "signedBy")
            return {.kind = Requirement::Kind::unsupported, .type = "'signedBy' (GPG)"};
        if (type != "sigstoreSigned")
            throw Error("{}: type '{}' is not known", where, type.substr(0, 100))
                .hint("insecureAcceptAnything, reject or sigstoreSigned");
        return sigstore(item, where);
    }

    Requirement sigstore(const json& item, const std::string& where) const {
        check_members(item,
                      {"type", "keyPath", "keyPaths", "keyData", "keyDatas", "signedIdentity",
                       "fulcio", "pki", "rekorPublicKeyPath", "rekorPublicKeyPaths",
                       "rekorPublicKeyData", "rekorPublicKeyDatas"},
                      where);
        for (const auto& [key, value] : item.items())
            if (key == "fulcio" || key == "pki" || key.starts_with("rekor"))
                return {.kind = Requirement::Kind::unsupported,
                        .type = fmt::format("'sigstoreSigned' with '{}'", key)};
        Requirement result{.kind = Requirement::Kind::signed_by, .keys = keys(item, where)};
        if (const json* match = json_member(item, "signedIdentity"))
            result.identity = identity(*match, fmt::format("{}.signedIdentity", where));
        return result;
    }

    std::vector<PublicKey> keys(const json& item, const std::string& where) const {
        int sources = 0;
        for (const char* key : {"keyPath", "keyPaths", "keyData", "keyDatas"})
            sources += item.contains(key);
        if (sources != 1)
            throw Error("{}: exactly one of keyPath, keyPaths, keyData and keyDatas is wanted",
                        where);
        std::vector<std::string> paths = json_strings(item, "keyPaths", where);
        std::vector<std::string> texts = json_strings(item, "keyDatas", where);
        if (item.contains("keyPath"))
            paths.push_back(json_required_string(item, "keyPath", where));
        if (item.contains("keyData"))
            texts.push_back(json_required_string(item, "keyData", where));
        if (paths.size() + texts.size() > max_key_files)
            throw Error("{} names more than {} keys", where, max_key_files);
        std::vector<PublicKey> result;
        auto add = [&](std::string_view pem, const std::string& name) {
            std::ranges::move(PublicKey::parse_all(pem, name), std::back_inserter(result));
        };
        for (const std::string& path : paths) {
            std::string full = path.starts_with('/') ? path : directory_ + "/" + path;
            add(read_file(full, max_size), fmt::format("key '{}'", full));
        }
        for (const std::string& text : texts)
            add(base64_decode(text).value_or(""), fmt::format("the key in {}", where));
        if (result.empty())
            throw Error("{} names no key", where);
        return result;
    }

    static IdentityMatch identity(const json& item, const std::string& where) {
        using enum IdentityMatch::Kind;
        std::string type = json_required_string(json_object(item, where), "type", where);
        auto named = [&](IdentityMatch::Kind kind, const char* key) {
            check_members(item, {"type", key}, where);
            std::string name = json_required_string(item, key, where);
            parse_identity(name);
            return IdentityMatch{.kind = kind, .name = name};
        };
        if (type == "exactReference")
            return named(exact_reference, "dockerReference");
        if (type == "exactRepository")
            return named(exact_repository, "dockerRepository");
        if (type == "remapIdentity") {
            check_members(item, {"type", "prefix", "signedPrefix"}, where);
            return {.kind = remapped,
                    .name = json_required_string(item, "signedPrefix", where),
                    .prefix = json_required_string(item, "prefix", where)};
        }
        check_members(item, {"type"}, where);
        if (type == "matchRepository")
            return {.kind = repository};
        if (type == "matchExact")
            return {.kind = exact};
        if (type == "matchRepoDigestOrExact")
            return {.kind = repository_digest_or_exact};
        throw Error("{}: type '{}' is not known", where, type.substr(0, 100));
    }

    std::string directory_;
};

/// "redis" as a scope would match nothing, since names are held against scopes in full.
void check_scope(const std::string& scope, const std::string& where) {
    if (scope.empty() || scope.starts_with("*."))
        return;
    std::string host = scope.substr(0, scope.find('/'));
    if (host != "localhost" && host.find_first_of(".:") == std::string::npos)
        throw Error("{}: the scope '{}' names no registry", where, scope.substr(0, 200))
            .hint(fmt::format("docker.io/library/{0} or docker.io/{0}", scope.substr(0, 200)));
}

/// The scopes that a reference lies in, the most specific first.
std::vector<std::string> scopes_of(const Reference& reference) {
    std::vector<std::string> result{reference.full()};
    if (reference.digest() && reference.tag())
        result.push_back(reference.name() + ":" + *reference.tag());
    std::string name = reference.name();
    for (auto end = name.size(); end != std::string::npos; end = name.rfind('/', end - 1))
        result.push_back(name.substr(0, end));
    const std::string& host = reference.registry();
    for (auto dot = host.find('.'); dot != std::string::npos; dot = host.find('.', dot + 1))
        result.push_back("*" + host.substr(dot));
    result.emplace_back();
    return result;
}

} // namespace

Policy Policy::of_keys(std::string_view pem, const std::string& name) {
    Policy policy(name);
    Requirement requirement{.kind = Requirement::Kind::signed_by,
                            .keys = PublicKey::parse_all(pem, name)};
    policy.default_.push_back(std::move(requirement));
    return policy;
}

Policy Policy::parse(std::string_view text, const std::string& name, const std::string& directory) {
    const json document = parse_json(text, name, {.bytes = max_size, .depth = 16});
    check_members(document, {"default", "transports"}, name);
    Policy policy(name);
    Reader reader(directory);
    const json* fallback = json_member(document, "default");
    if (!fallback)
        throw Error("{}: 'default' is missing", name);
    policy.default_ = reader.requirements(*fallback, fmt::format("'default' of {}", name));
    const json* transports = json_member(document, "transports");
    const json* docker =
        transports ? json_member(json_object(*transports, "'transports' of " + name), "docker")
                   : nullptr;
    if (!docker)
        return policy;
    for (const auto& [scope, list] : json_object(*docker, "'docker' of " + name).items()) {
        check_scope(scope, name);
        policy.scopes_.emplace(scope,
                               reader.requirements(list, fmt::format("'{}' of {}", scope, name)));
    }
    return policy;
}

Policy Policy::read(const std::string& path) {
    std::string text = read_file(path, max_size);
    auto slash = path.rfind('/');
    std::string directory = slash == std::string::npos ? "." : path.substr(0, slash);
    if (trim(text).starts_with('{'))
        return parse(text, fmt::format("policy '{}'", path), directory);
    return of_keys(text, fmt::format("key '{}'", path));
}

const std::vector<Requirement>& Policy::requirements_for(const Reference& reference) const {
    for (const std::string& scope : scopes_of(reference))
        if (auto found = scopes_.find(scope); found != scopes_.end())
            return found->second;
    return default_;
}

} // namespace coracle
