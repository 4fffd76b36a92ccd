// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "build/fetch_system.h"
#include "cli/cache.h"
#include "cli/registry.h"

namespace coracle {

namespace {

struct PullOutputCommand {
    std::string reference;
    std::string directory;
    std::string name;
    std::string output;
    FetchOptions options;
    RegistryArguments registry;
};

void pull_output(PullOutputCommand& command, Globals& globals) {
    Store store(globals.cache);
    auto session = store.session();
    command.options.registry = registry_options(globals, command.registry);
    Artifact system = fetch_system(store, Reference::parse(command.reference), command.options,
                                   globals.reporter());
    Results results(command.output);
    for (const auto& [path, size] : write_system(store, system, command.directory, command.name))
        results.add({{"path", path}, {"size", human_size(size)}});
    results.print(globals);
}

} // namespace

void add_pull_output(CLI::App& app, Globals& globals) {
    auto& kept = globals.keep<PullOutputCommand>();
    auto& command =
        add_command(app, "pull-output", "bring a built system from a registry",
                    "  coracle cache push --outputs redis-os registry.example/me/redis-os:1\n"
                    "  coracle pull-output --dir out registry.example/me/redis-os:1\n"
                    "  coracle run out/redis-os\n"
                    "  coracle pull-output --verify cosign.pub registry.example/me/redis-os:1\n");
    command.add_option("REFERENCE", kept.reference, "its name in the registry")->required();
    command.add_option("--dir", kept.directory, "directory for the files")->type_name("DIR");
    command.add_option("--name", kept.name, "what the names of the files are to begin with")
        ->type_name("NAME");
    add_verify_option(command, kept.options.verify);
    add_output_option(command, kept.output);
    add_registry_options(command, kept.registry);
    command.callback([&] { pull_output(kept, globals); });
}

} // namespace coracle
