// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "build/update_lock.h"
#include "cli/command.h"
#include "cli/registry.h"
#include "store/store.h"

namespace coracle {

namespace {

struct LockCommand {
    BuildOptions options;
    std::vector<std::string> architectures;
    bool no_pull = false;
    RegistryArguments registry;
};

void update(LockCommand& command, Globals& globals) {
    BuildOptions& options = command.options;
    options.cache = globals.cache;
    options.registry = registry_options(globals, command.registry);
    options.reporter = &globals.reporter();
    options.always_pull = !command.no_pull;
    std::vector<Platform> platforms;
    for (const std::string& name : command.architectures)
        platforms.push_back(Platform::parse("linux/" + name));
    auto changes = update_lock(options, platforms);
    for (const std::string& line : changes)
        fmt::print("{}\n", line);
    if (changes.empty())
        globals.reporter().info(fmt::format("'{}' is as it was", options.lock));
}

} // namespace

void add_lock(CLI::App& app, Globals& globals) {
    auto& lock = add_command(app, "lock", "pin what systems are built from",
                             "  coracle build --lock redis-os.lock redis-os.yml\n"
                             "  coracle lock update redis-os.lock\n");
    lock.require_subcommand(1);
    auto& kept = globals.keep<LockCommand>();
    auto& command =
        add_command(lock, "update", "pin anew, to what the registries have now",
                    "  coracle lock update redis-os.lock\n"
                    "  coracle lock update --arch amd64 --arch arm64 redis-os.lock redis-os.yml\n");
    command.add_option("LOCK", kept.options.lock, "the lock file")->required();
    command.add_option("FILES", kept.options.files,
                       "YAML files or URLs (default: those that the lock file names)");
    add_list(command, "--arch", kept.architectures,
             "for this architecture (repeatable; default: those in the lock file)");
    command.add_flag("--no-pull", kept.no_pull,
                     "pin what the cache has, and pull only what it lacks");
    command.add_flag("--allow-host-files", kept.options.allow_host_files,
                     "let a YAML from a URL name files of this machine");
    add_verify_option(command, kept.options.verify);
    add_registry_options(command, kept.registry);
    command.callback([&] { update(kept, globals); });
}

} // namespace coracle
