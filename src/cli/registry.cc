// SPDX-License-Identifier: Apache-2.0
#include "cli/registry.h"

namespace coracle {

void add_registry_options(CLI::App& command, RegistryArguments& arguments) {
    add_list(command, "--registry-creds", arguments.credentials,
             "credentials for a registry, before those that are configured (repeatable)")
        ->type_name("REGISTRY=USER:PASSWORD");
    add_list(command, "--insecure", arguments.insecure,
             "a registry that may speak plain HTTP (repeatable)")
        ->type_name("REGISTRY");
}

void add_verify_option(CLI::App& command, std::string& path) {
    command
        .add_option("--verify", path,
                    "refuse images that are not signed by this public key or as this policy "
                    "(containers-policy.json) wants")
        ->type_name("KEY|POLICY");
}

RegistryOptions registry_options(const Globals& globals, const RegistryArguments& arguments) {
    RegistryOptions options;
    options.mirrors = globals.mirrors;
    options.ca_file = globals.cert_file;
    options.credentials = arguments.credentials;
    options.insecure = arguments.insecure;
    return options;
}

} // namespace coracle
