// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "registry/options.h"

namespace coracle {

/// Who we are to a registry.
struct Credentials {
    std::string username = {};
    std::string password = {};
    std::string identity_token = {}; ///< instead of a password: an OAuth2 refresh token
};

/// Where credentials were looked for.
struct CredentialSearch {
    std::optional<Credentials> found = {};
    std::vector<std::string> files = {}; ///< that were looked at, present or not, in order
    bool given = false;                  ///< found in the options, not in the last of `files`
};

/// What to do about a refusal: says which files were looked at, and what to run.
std::string advice(const std::string& registry, const CredentialSearch& search);

/// Looks for the credentials of a registry (and of a repository there): in `options`, then in
/// $REGISTRY_AUTH_FILE, $XDG_RUNTIME_DIR/containers/auth.json, ~/.config/containers/auth.json and
/// $DOCKER_CONFIG/config.json (~/.docker): `auths`, `credHelpers` and `credsStore`, whose programs
/// are run. A file that cannot be understood is an error.
CredentialSearch find_credentials(const std::string& registry, const std::string& repository,
                                  const RegistryOptions& options);

/// Asks the program docker-credential-HELPER about a key.
using AskHelper =
    std::function<std::optional<Credentials>(const std::string& helper, const std::string& key)>;

/// The credentials in the text of one file, which `path` names in errors.
std::optional<Credentials> credentials_in(const std::string& text, const std::string& path,
                                          const std::string& registry,
                                          const std::string& repository, const AskHelper& ask);

} // namespace coracle
