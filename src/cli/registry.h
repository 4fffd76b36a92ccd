// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.h"
#include "registry/options.h"

namespace coracle {

/// What a command that talks to registries takes besides the global options.
struct RegistryArguments {
    std::vector<std::string> credentials; ///< --registry-creds
    std::vector<std::string> insecure;    ///< --insecure
};

void add_registry_options(CLI::App& command, RegistryArguments& arguments);

/// --verify KEY|POLICY.
void add_verify_option(CLI::App& command, std::string& path);

/// How registries are reached, by the options of the command and the global ones.
RegistryOptions registry_options(const Globals& globals, const RegistryArguments& arguments);

} // namespace coracle
