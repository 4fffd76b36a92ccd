// SPDX-License-Identifier: Apache-2.0
#include "registry/credentials.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "oci/json.h"
#include "registry/base64.h"

namespace coracle {

namespace {

constexpr uint64_t max_file = 1 << 20;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

std::vector<std::string> candidate_files() {
    std::vector<std::string> files;
    auto add = [&](const std::string& directory, const char* name) {
        if (!directory.empty())
            files.push_back(directory + name);
    };
    std::string home = environment("HOME");
    add(environment("REGISTRY_AUTH_FILE"), "");
    add(environment("XDG_RUNTIME_DIR"), "/containers/auth.json");
    std::string config = environment("XDG_CONFIG_HOME");
    add(config.empty() && !home.empty() ? home + "/.config" : config, "/containers/auth.json");
    std::string docker = environment("DOCKER_CONFIG");
    add(docker.empty() && !home.empty() ? home + "/.docker" : docker, "/config.json");
    return files;
}

bool is_docker_hub(const std::string& registry) {
    return registry == "docker.io" || registry == "index.docker.io" ||
           registry == "registry-1.docker.io";
}

/// The keys under which credentials may stand, the most particular first.
std::vector<std::string> keys_for(const std::string& registry, const std::string& repository) {
    std::vector<std::string> keys;
    std::string host = is_docker_hub(registry) ? "docker.io" : registry;
    for (std::string path = repository; !path.empty();) {
        keys.push_back(host + "/" + path);
        auto slash = path.rfind('/');
        path = slash == std::string::npos ? "" : path.substr(0, slash);
    }
    keys.push_back(host);
    if (is_docker_hub(registry))
        keys.insert(keys.end(),
                    {"https://index.docker.io/v1/", "index.docker.io", "registry-1.docker.io"});
    else
        keys.insert(keys.end(), {"https://" + host, "http://" + host, "https://" + host + "/v1/",
                                 "https://" + host + "/v2/"});
    return keys;
}

std::optional<Credentials> from_pair(std::string_view pair) {
    auto colon = pair.find(':');
    if (colon == std::string_view::npos)
        return std::nullopt;
    return Credentials{std::string(pair.substr(0, colon)), std::string(pair.substr(colon + 1)), ""};
}

std::optional<Credentials> from_entry(const nlohmann::json& entry, const std::string& where) {
    json_object(entry, where);
    Credentials result{json_string(entry, "username", where), json_string(entry, "password", where),
                       json_string(entry, "identitytoken", where)};
    std::string packed = json_string(entry, "auth", where);
    if (!packed.empty()) {
        auto text = base64_decode(packed);
        auto pair = text ? from_pair(*text) : std::nullopt;
        if (!pair)
            throw Error("{}: 'auth' is not the base64 of USER:PASSWORD", where);
        result.username = pair->username;
        result.password = pair->password;
    }
    // Docker leaves an empty entry where a helper keeps the secret.
    if (result.username.empty() && result.identity_token.empty())
        return std::nullopt;
    return result;
}

std::optional<Credentials> from_helper(const std::string& helper, const std::string& key) {
    bool plain = std::ranges::all_of(helper, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
    });
    if (!plain)
        throw Error("'{}' is not the name of a credential helper", helper);
    std::string program = "docker-credential-" + helper;
    Outcome outcome = run({.argv = {program, "get"}, .input = key});
    if (outcome.status != 0)
        return std::nullopt; // helpers say so when they know nothing
    std::string where = fmt::format("the answer of {}", program);
    auto answer = parse_json(outcome.output, where);
    json_object(answer, where);
    Credentials result{json_string(answer, "Username", where), json_string(answer, "Secret", where),
                       ""};
    if (result.username == "<token>")
        return Credentials{"", "", result.password};
    return result;
}

std::string helper_for(const nlohmann::json& file, const std::string& key,
                       const std::string& where) {
    auto helpers = json_string_map(file, "credHelpers", where);
    auto found = helpers.find(key);
    return found == helpers.end() ? "" : found->second;
}

std::optional<Credentials> from_options(const std::string& registry,
                                        const RegistryOptions& options) {
    for (const std::string& text : options.credentials) {
        auto equals = text.find('=');
        auto pair = equals == std::string::npos
                        ? std::nullopt
                        : from_pair(std::string_view(text).substr(equals + 1));
        if (!pair)
            throw Error("credentials are written REGISTRY=USER:PASSWORD");
        std::string named = text.substr(0, equals);
        if (named == registry || (is_docker_hub(named) && is_docker_hub(registry)))
            return pair;
    }
    return std::nullopt;
}

} // namespace

std::string advice(const std::string& registry, const CredentialSearch& search) {
    if (search.found) {
        std::string who = search.found->username.empty()
                              ? "the token"
                              : fmt::format("user '{}'", search.found->username);
        std::string from = search.given ? "--registry-creds" : search.files.back();
        return fmt::format("check the image's name, or docker login {} ({} is from {})", registry,
                           who, from);
    }
    std::vector<std::string> looked;
    for (const std::string& file : search.files)
        looked.push_back(file + (exists(file) ? "" : ", which does not exist"));
    return fmt::format("docker login {} (no credentials for it in {})", registry,
                       join(looked, "; "));
}

std::optional<Credentials> credentials_in(const std::string& text, const std::string& path,
                                          const std::string& registry,
                                          const std::string& repository, const AskHelper& ask) {
    auto keys = keys_for(registry, repository);
    std::string where = fmt::format("'{}'", path);
    nlohmann::json file = parse_json(text, where);
    json_object(file, where);
    for (const std::string& key : keys)
        if (std::string helper = helper_for(file, key, where); !helper.empty())
            if (auto found = ask(helper, key))
                return found;
    const nlohmann::json* auths = json_member(file, "auths");
    if (auths)
        json_object(*auths, where + ": 'auths'");
    for (const std::string& key : keys)
        if (const nlohmann::json* entry = auths ? json_member(*auths, key.c_str()) : nullptr)
            if (auto found = from_entry(*entry, fmt::format("{}: 'auths' of '{}'", where, key)))
                return found;
    std::string store = json_string(file, "credsStore", where);
    if (store.empty())
        return std::nullopt;
    for (const std::string& key : keys)
        if (key.find('/') == std::string::npos || key.starts_with("https://"))
            if (auto found = ask(store, key))
                return found;
    return std::nullopt;
}

CredentialSearch find_credentials(const std::string& registry, const std::string& repository,
                                  const RegistryOptions& options) {
    CredentialSearch search;
    search.found = from_options(registry, options);
    search.given = search.found.has_value();
    if (search.given)
        return search;
    for (const std::string& path : candidate_files()) {
        search.files.push_back(path);
        if (auto text = read_file_if_present(path, max_file))
            search.found = credentials_in(*text, path, registry, repository, from_helper);
        if (search.found)
            return search;
    }
    return search;
}

} // namespace coracle
